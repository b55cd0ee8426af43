// The pipeline in lockstep with the standard: for every nonce of a range around the first block's, every stage of both hashes is
// compared, in the clock in which it must be there, with what FIPS 180-4's rounds give; and the hit comes in the right clock.
//
// What a stage holds is in sha_round.v's terms, of which e, a and the sums q and p are compared (q and p pin down the schedule word of
// the round, so a wrong word is seen at its first use). Time 3 of core_pipe.v is the clock after the start.

`timescale 1ns / 1ps

module lockstep_tb;
  `include "sha256_functions.vh"
  `include "reference.vh"
  `include "bench.vh"

  core_pipe u_core (
    .clk_i(clk), .rst_ni(rst_n), .load_i(load), .load_idx_i(load_idx), .load_data_i(load_data),
    .start_i(start), .stop_i(1'b0), .busy_o(busy), .hit_valid_o(hit_valid), .hit_nonce_o(hit_nonce)
  );

  // `clock` counts from 0 in the first clock in which the core is busy; the nonce that is then at time 3 went in `time - 3` clocks ago.
  integer clock;

  // Stage r's registers hold the state before round r + 1.
  genvar r;
  generate
    for (r = 3; r <= 64; r = r + 1) begin : g_first
      wire integer which = clock - (r + 1 - 3);
      always @(negedge clk) begin
        if (clock >= 0 && which >= 0 && which < Nonces) begin
          if (r <= 63) compare(1, r, which, u_core.u_first.e_o[32*(r-3) +: 32], e1[which*72 + r + 1 + 3]);
          compare(1, r, which, u_core.u_first.a_o[32*(r-3) +: 32], a1[which*72 + r - 1 + 3]);
          if (r <= 62) begin
            compare(1, r, which, u_core.u_first.q_q[32*(r-3) +: 32],
              e1[which*72 + r - 2 + 3] + round_k(r + 1) + w1[which*64 + r + 1] + a1[which*72 + r - 2 + 3]);
          end
          if (r <= 61) begin
            compare(1, r, which, u_core.u_first.p_q[32*(r-3) +: 32], e1[which*72 + r - 1 + 3] + round_k(r + 2) + w1[which*64 + r + 2]);
          end
        end
      end
    end
    for (r = 1; r <= 60; r = r + 1) begin : g_second
      wire integer which = clock - (r + 1 + 66 - 3);
      always @(negedge clk) begin
        if (clock >= 0 && which >= 0 && which < Nonces) begin
          compare(2, r, which, u_core.u_second.e_o[32*(r-1) +: 32], e2[which*72 + r + 1 + 3]);
          compare(2, r, which, u_core.u_second.a_o[32*(r-1) +: 32], a2[which*72 + r - 1 + 3]);
          if (r <= 59) begin
            compare(2, r, which, u_core.u_second.q_q[32*(r-1) +: 32],
              e2[which*72 + r - 2 + 3] + round_k(r + 1) + w2[which*64 + r + 1] + a2[which*72 + r - 2 + 3]);
          end
          if (r <= 58) begin
            compare(2, r, which, u_core.u_second.p_q[32*(r-1) +: 32], e2[which*72 + r - 1 + 3] + round_k(r + 2) + w2[which*64 + r + 2]);
          end
        end
      end
    end
  endgenerate

  always @(posedge clk) if (busy) clock <= clock + 1;

  always @(negedge clk) begin
    if (hit_valid) begin
      hits = hits + 1;
      // The first block's nonce, four after the first, 126 clocks after it went in.
      if (hit_nonce !== 32'h1dac2b7c || clock != 126 + 4) begin
        wrong = wrong + 1;
        $display("hit %h at clock %0d", hit_nonce, clock);
      end
    end
  end

  initial begin
    clock = 0;
    run_job;
    verdict("lockstep", "stage", 10000);
  end
endmodule
