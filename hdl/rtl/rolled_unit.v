// One unit of the rolled core: a round a clock of its own nonce, as the sequencer that all units share tells it.
//
// State before round r, as in sha_round.v: e = E[r], f, g, a = A[r-2], b, c, t = T1[r-2], p and q. Nothing is loaded in parallel: state
// enters word by word where a sum is made (`eb_i`, `ab_i`, into sums that are held at zero), and leaves by one adder, `x`, which adds
// what the digest wants added.
// `p_clear_i` lets A[61] to A[64] through q to e, so that all eight words of the first hash pass the adder one after the other.
//
// Schedule: w = W[r+2] = sigma1(W[r]) + (W[r-5] + W[r-14] + sigma0(W[r-13])), the sum in brackets made when W[r-5] is w: memory R gives
// w of nine clocks before, memory S the sum four clocks after it is made. Beside what goes round, the memories keep (page 1 of R: this
// unit's number, the number of units, a word of the job; pages 1 and 2 of S: nonce, words of the job, constants) what is read by address.
//
// Timing of every control and address: rolled_sequencer.v. Source: FIPS 180-4, section 6.2.2.

`default_nettype none

module rolled_unit #(
  parameter [31:0] Units  = 4,
  parameter [31:0] Number = 0,  // of its first nonce, counted from the job's first
  parameter        Memory = 2
) (
  input  wire        clk_i,
  // Shared words
  input  wire [31:0] k_i,
  input  wire [31:0] m_i,
  input  wire [31:0] eb_i,
  input  wire [31:0] ab_i,
  input  wire [31:0] mask_i,
  // Controls
  input  wire        e_open_i,
  input  wire        a_open_i,
  input  wire        x_open_i,
  input  wire        sigma0_open_i,
  input  wire        sigma1_clear_i,
  input  wire        sum_clear_i,
  input  wire        p_clear_i,
  input  wire        q_clear_i,
  input  wire        t_clear_i,
  input  wire        f_initial_i,
  // Addresses: page and word
  input  wire [4:0]  r_write_i,
  input  wire [4:0]  r_read_i,
  input  wire [5:0]  s_write_i,
  input  wire [5:0]  s_read_i,
  // Whether e of the clock before was no hash to report
  output reg         miss_o
);
  `include "sha256_functions.vh"
  localparam [31:0] Iv5 = iv(5);

  reg [31:0] e_q, f_q, g_q, q_q, p_q, t_q, a_q, b_q;
  // c is held inverted: so it can be subtracted on any family's carry chain as it is.
  reg [31:0] not_c_q;
  reg [31:0] w_q, sum_q, sigma1_q;
  wire [31:0] r_out, s_out;

  // What leaves, and enters the schedule
  wire [31:0] x;
  op_add_gate u_x (.a_i(e_q), .b_i(m_i), .open_i(x_open_i), .y_o(x));

  // Rounds
  wire [31:0] with_ch, e_next;
  wire [31:0] choice = ch(e_q, f_q, g_q) & {32{e_open_i}};
  wire [31:0] sigma1 = big_sigma1(e_q) & {32{e_open_i}};
  op_addk u_with_ch (.a_i(q_q), .b_i(choice), .y_o(with_ch));
  op_add_flip u_e (.a_i(with_ch), .b_i(sigma1), .x_i(eb_i), .y_o(e_next));

  wire [31:0] with_maj, a_next;
  wire [31:0] majority = maj(a_q, b_q, ~not_c_q) & {32{a_open_i}};
  wire [31:0] sigma0   = big_sigma0(a_q) & {32{a_open_i}};
  op_addk u_with_maj (.a_i(t_q), .b_i(majority), .y_o(with_maj));
  op_add_flip u_a (.a_i(with_maj), .b_i(sigma0), .x_i(ab_i), .y_o(a_next));

  wire [31:0] kw, p_next, q_next, t_next;
  op_addk u_kw (.a_i(w_q), .b_i(k_i), .y_o(kw));
  op_addk u_p (.a_i(f_q), .b_i(kw), .y_o(p_next));
  op_addk u_q (.a_i(p_q), .b_i(a_q), .y_o(q_next));
  op_addk #(.K(32'h1)) u_t (.a_i(e_q), .b_i(not_c_q), .y_o(t_next));

  always @(posedge clk_i) begin : rounds
    e_q  <= e_next;
    f_q  <= f_initial_i ? Iv5 : e_q;
    g_q  <= f_q;
    p_q  <= p_next;
    q_q  <= q_next;
    t_q  <= t_next;
    a_q  <= a_next;
    b_q  <= a_q;
    not_c_q <= ~b_q;
    if (p_clear_i) p_q <= 32'h0;
    if (q_clear_i) q_q <= 32'h0;
    if (t_clear_i) t_q <= 32'h0;
  end

  // Schedule
  wire [31:0] sum_next, s_in, w_next;
  wire [31:0] sigma0_r = small_sigma0(r_out) & {32{sigma0_open_i}};
  op_addk u_sum (.a_i(w_q), .b_i(r_out), .y_o(sum_next));
  op_add_flip u_s (.a_i(sum_q), .b_i(sigma0_r), .x_i(x), .y_o(s_in));
  op_add_flip u_w (.a_i(s_out), .b_i(sigma1_q), .x_i(x), .y_o(w_next));

  always @(posedge clk_i) begin : schedule
    sum_q    <= sum_next;
    sigma1_q <= small_sigma1(w_q);
    w_q      <= w_next;
    if (sum_clear_i) sum_q <= 32'h0;
    if (sigma1_clear_i) sigma1_q <= 32'h0;
  end

  function [32*32-1:0] words_of_r;
    input [31:0] units, number;
    words_of_r = {160'h0, units, 288'h0, number, 512'h0};
  endfunction
  localparam [32*32-1:0] InitR = words_of_r(Units, Number);
  rolled_memory #(.LogWords(5), .Memory(Memory), .Init(InitR)) u_r (
    .clk_i(clk_i), .write_address_i(r_write_i), .write_data_i(w_q), .read_address_i(r_read_i), .read_data_o(r_out)
  );
  localparam [16*32-1:0] First  = {64'h0, 32'h00000280, 320'h0, 32'h80000000, 64'h0};
  localparam [16*32-1:0] Second = {64'h0, 32'h80000000, 256'h0, 32'h00000100, 128'h0};
  rolled_memory #(.LogWords(6), .Memory(Memory), .Init({512'h0, Second, First, 512'h0})) u_s_memory (
    .clk_i(clk_i), .write_address_i(s_write_i), .write_data_i(s_in), .read_address_i(s_read_i), .read_data_o(s_out)
  );

  // The check: e is word 7 of the hash, whose bytes from the least significant on are the hash's leading zero bytes.
  wire [31:0] swapped = {e_q[7:0], e_q[15:8], e_q[23:16], e_q[31:24]};
  always @(posedge clk_i) begin : check
    miss_o <= |(swapped & mask_i);
  end
endmodule

`default_nettype wire
