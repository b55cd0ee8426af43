// A fully unrolled SHA-256d pipeline: one nonce, so one double hash, every clock.
//
// Ports: `load_*` write the words of a job (src/board/core/mod.rs has the table) while the core is idle; a pulse on `start_i` starts it
// at the job's first nonce; it ends by itself after the job's last nonce, or some 130 clocks after a pulse on `stop_i`, having reported
// what it had begun. `busy_o` is high from the clock after `start_i` until then. `hit_valid_o` is high for one clock for each nonce
// whose hash passes the job's mask. Latency: a nonce's answer comes Latency = 126 clocks after the nonce went in.
//
// Time in this file is counted in rounds of the first hash: the state before its round r is in registers at time r. It is entered at
// time 3, because rounds 0 to 2 do not see the nonce; its last values are there at time 66, and the state before round r of the second
// hash is in registers at time r + 66, entered at r = 1. Message word j is in a register at time j - 2 (its hash's time) and, one clock
// later, in a second one. Words that do not depend on the nonce are wires. A schedule word is the sum of three adders, each made as soon
// as its operands are there: R[j] = W[j-16] + sigma0(W[j-15]) at time j - 17, S[j] = R[j] + W[j-7] at j - 9, W[j] = S[j] + sigma1(W[j-2])
// at j - 3; between them a delay line keeps the one sum instead of the two words.
//
// The schedules are pipe_first_words.v and pipe_second_words.v. The structure (constants folded, last rounds cut) follows what hdl.md
// section 4 counts; the form of the round is sha_round.v's.

`default_nettype none

module core_pipe #(
  parameter [31:0] Offset     = 32'h0,  // added to the job's nonces: which part of the range is this core's
  parameter        LongMemory = 1,      // delay lines of 8 clocks and more: 0 flip-flops, 1 distributed RAM, 2 block RAM
  parameter        MidMemory  = 0       // delay lines of 6 clocks
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        load_i,
  input  wire [4:0]  load_idx_i,
  input  wire [31:0] load_data_i,
  input  wire        start_i,
  input  wire        stop_i,
  output wire        busy_o,
  output wire        hit_valid_o,
  output wire [31:0] hit_nonce_o
);
  `include "sha256_functions.vh"

  localparam [7:0] Latency = 8'd126;

  // What the second hash starts from at its round 1: sums of everything but the first hash's words. A3 and E3 are the standard's d and h.
  localparam [31:0] E1Rest = iv(3) + iv(7) + round_k(0) + big_sigma1(iv(4)) + ch(iv(4), iv(5), iv(6));
  localparam [31:0] Q1Rest = iv(6) + round_k(1) + iv(2);
  localparam [31:0] P2Rest = iv(5) + round_k(2);

  // Control
  reg        busy_q, stopping_q, out_active_q;
  reg [7:0]  age_q, left_q;
  reg [3:0]  ptr_q;

  wire [31:0]  last, mask, e3, e2, e1, p4, t1, a1, w16, w17, c18, x31, x32;
  wire [255:0] mid;
  wire [31:0]  q3, lag, w19, out;
  wire         match;
  wire         out_valid = out_active_q && (age_q >= Latency);
  wire         out_ends  = out_valid && (out == last);

  assign busy_o      = busy_q;
  assign hit_valid_o = match && out_valid;
  assign hit_nonce_o = out;

  job_registers #(.Offset(Offset)) u_job (
    .clk_i(clk_i), .load_i(load_i), .load_idx_i(load_idx_i), .load_data_i(load_data_i),
    .q3_step_i(busy_q), .lag_step_i(busy_q && age_q >= 8'd12), .w19_step_i(busy_q && age_q >= 8'd13), .out_step_i(out_valid),
    .last_o(last), .mask_o(mask), .mid_o(mid), .e3_o(e3), .e2_o(e2), .e1_o(e1), .p4_o(p4), .t1_o(t1), .a1_o(a1),
    .w16_o(w16), .w17_o(w17), .c18_o(c18), .x31_o(x31), .x32_o(x32), .q3_o(q3), .lag_o(lag), .w19_o(w19), .out_o(out)
  );

  always @(posedge clk_i) begin : control
    ptr_q <= ptr_q + 4'd1;
    if (start_i) begin
      busy_q       <= 1'b1;
      out_active_q <= 1'b1;
      stopping_q   <= 1'b0;
      age_q        <= 8'd0;
    end else if (busy_q) begin
      if (age_q != 8'hff) age_q <= age_q + 8'd1;
      if (stop_i && !stopping_q) begin
        stopping_q <= 1'b1;
        left_q     <= Latency;
      end else begin
        left_q <= left_q - 8'd1;
      end
      if (out_ends || (stopping_q && left_q == 8'd0)) begin
        busy_q       <= 1'b0;
        out_active_q <= 1'b0;
      end
    end
    if (!rst_ni) begin
      ptr_q        <= 4'd0;
      busy_q       <= 1'b0;
      out_active_q <= 1'b0;
      stopping_q   <= 1'b0;
    end
  end

  // First hash: rounds 3 to 65, of which the last two only finish A[64]. Lane i of these is what stands after round i + 3.
  wire [31:0] mid0 = mid[255:224];
  wire [31:0] mid1 = mid[223:192];
  wire [2015:0] first_words;
  // Of most rounds only the next one knows.
  /* verilator lint_off UNUSEDSIGNAL */
  wire [2015:0] first_e, first_g, first_a, first_b, first_c;
  /* verilator lint_on UNUSEDSIGNAL */
  hash_rounds #(.First(3), .Count(63)) u_first (
    .clk_i(clk_i), .entry_i({e3, e2, e1, q3, p4, t1, a1, mid0, mid1}), .words_i(first_words),
    .e_o(first_e), .g_o(first_g), .a_o(first_a), .b_o(first_b), .c_o(first_c)
  );

  pipe_first_words #(.LongMemory(LongMemory), .MidMemory(MidMemory)) u_first_words (
    .clk_i(clk_i), .ptr_i(ptr_q), .lag_i(lag), .w16_i(w16), .w17_i(w17), .c18_i(c18), .w19_i(w19), .x31_i(x31), .x32_i(x32),
    .words_o(first_words)
  );

  // The first hash's digest words, each as soon as its part of the state is there: A[64] is a at time 66, E[61] is g at time 63.
  wire [31:0] a66 = first_a[32*62 +: 32];
  wire [31:0] b66 = first_b[32*62 +: 32];
  wire [31:0] c66 = first_c[32*62 +: 32];
  wire [255:0] digest_from;
  assign digest_from[255 -: 32] = a66;
  assign digest_from[223 -: 32] = b66;
  assign digest_from[191 -: 32] = c66;
  assign digest_from[159 -: 32] = first_c[32*61 +: 32];
  assign digest_from[127 -: 32] = first_g[32*62 +: 32];
  assign digest_from[95 -: 32] = first_g[32*61 +: 32];
  assign digest_from[63 -: 32] = first_g[32*60 +: 32];
  assign digest_from[31 -: 32] = first_g[32*59 +: 32];

  // Second hash: rounds 1 to 60, after round i + 1 in lane i.
  wire [31:0] e1_sum, q1_sum, p2_sum;
  op_addk #(.K(E1Rest)) u_e1 (.a_i(a66), .b_i(mid0), .y_o(e1_sum));
  op_addk #(.K(Q1Rest)) u_q1 (.a_i(b66), .b_i(mid1), .y_o(q1_sum));
  op_addk #(.K(P2Rest)) u_p2 (.a_i(c66), .b_i(mid[191:160]), .y_o(p2_sum));
  reg [31:0] e1n_q, q1n_q, p2n_q;
  always @(posedge clk_i) begin : second_entry
    e1n_q <= e1_sum;
    q1n_q <= q1_sum;
    p2n_q <= p2_sum;
  end

  wire [1919:0] second_words;
  // Only the last e is wanted.
  /* verilator lint_off UNUSEDSIGNAL */
  wire [1919:0] second_e, second_g, second_a, second_b, second_c;
  /* verilator lint_on UNUSEDSIGNAL */
  // t is of no use here: A[0], which it would make, is known.
  hash_rounds #(.First(1), .Count(60), .AIsKnown(1), .A(iv(0))) u_second (
    .clk_i(clk_i), .entry_i({e1n_q, iv(4), iv(5), q1n_q, p2n_q, 32'h0, iv(1), iv(2), iv(3)}), .words_i(second_words),
    .e_o(second_e), .g_o(second_g), .a_o(second_a), .b_o(second_b), .c_o(second_c)
  );
  pipe_second_words #(.LongMemory(LongMemory), .MidMemory(MidMemory)) u_second_words (
    .clk_i(clk_i), .ptr_i(ptr_q), .mid_i(mid), .digest_i(digest_from), .words_o(second_words)
  );

  hash_check u_check (.clk_i(clk_i), .e_i(second_e[32*59 +: 32]), .mask_i(mask), .match_o(match));
endmodule

`default_nettype wire
