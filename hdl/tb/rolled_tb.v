// The rolled core in lockstep with the standard: for every unit and every nonce of a range around the first block's, e, a and the message
// word of every round of both hashes are compared, in the step in which they must be there; and the hit comes once.
//
// Steps, and what stands where in them: rolled_sequencer.v. The last pass has fewer nonces than units; what the others do there is not
// looked at, nor what they find reported.

`timescale 1ns / 1ps

module rolled_tb;
  `include "sha256_functions.vh"
  `include "reference.vh"
  `include "bench.vh"

  localparam Units = 5;

  core_rolled #(.Units(Units)) u_core (
    .clk_i(clk), .rst_ni(rst_n), .load_i(load), .load_idx_i(load_idx), .load_data_i(load_data),
    .start_i(start), .stop_i(1'b0), .busy_o(busy), .hit_valid_o(hit_valid), .hit_nonce_o(hit_nonce)
  );

  // The step that the units see, a clock behind the sequencer's own, and the pass that it belongs to (-1: the job's words are taken).
  integer step, pass;
  always @(posedge clk) begin
    step <= u_core.u_sequencer.step_q;
    if (busy && u_core.u_sequencer.step_q == 0) pass <= pass + 1;
  end

  genvar u;
  generate
    for (u = 0; u < Units; u = u + 1) begin : g_unit
      wire integer which = pass * Units + u;
      // Rounds of the first hash, of the second, and of the second hash of the pass before.
      wire integer r = step - 2;
      wire integer s = step - 73;
      always @(negedge clk) begin
        if (busy && pass >= 0 && which < Nonces) begin
          if (r >= 1 && r <= 64) compare(1, r, which, u_core.g_unit[u].u_unit.e_q, e1[which*72 + r + 3]);
          if (r >= -1 && r <= 66) compare(1, r, which, u_core.g_unit[u].u_unit.a_q, a1[which*72 + r - 2 + 3]);
          if (r >= 1 && r <= 61) compare(1, r, which, u_core.g_unit[u].u_unit.w_q, w1[which*64 + r + 2]);
          if (s >= 0 && s <= 60) compare(2, s, which, u_core.g_unit[u].u_unit.e_q, e2[which*72 + s + 3]);
          if (s >= -1 && s <= 58) compare(2, s, which, u_core.g_unit[u].u_unit.a_q, a2[which*72 + s - 2 + 3]);
          if (s >= -2 && s <= 58) compare(2, s, which, u_core.g_unit[u].u_unit.w_q, w2[which*64 + s + 2]);
        end
        if (busy && pass >= 1 && which - Units < Nonces && step == 2) begin
          compare(2, 61, which - Units, u_core.g_unit[u].u_unit.e_q, e2[(which - Units)*72 + 61 + 3] + iv(7));
        end
      end
    end
  endgenerate

  always @(negedge clk) begin
    if (hit_valid) begin
      hits = hits + 1;
      if (hit_nonce !== 32'h1dac2b7c) begin
        wrong = wrong + 1;
        $display("hit %h", hit_nonce);
      end
    end
  end

  initial begin
    pass = -1;
    step = 0;
    run_job;
    verdict("rolled", "unit", 8900);
  end
endmodule
