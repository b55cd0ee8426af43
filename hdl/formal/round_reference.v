// What a round does, after FIPS 180-4 section 6.2.2, in the terms of sha_round.v; combinational.
//
// With h, d, K and W of the round added up in q_i, the standard's e of the next round is q + Sigma1(e) + Ch(e, f, g); its a is
// T1 + Sigma0(a) + Maj(a, b, c); T1 is what e of the next round has more than d.
module round_top (
  input  wire [31:0] e_i, f_i, g_i, q_i, p_i, t_i, a_i, b_i, c_i, w_i,
  output wire [31:0] e_next_o, q_next_o, p_next_o, t_next_o, a_next_o,
  output wire [31:0] ring_e_o, ring_q_o, ring_p_o, ring_t_o, ring_a_o, entered_e_o, entered_a_o
);
  `include "sha256_functions.vh"
  assign e_next_o = q_i + ch(e_i, f_i, g_i) + big_sigma1(e_i);
  assign a_next_o = t_i + maj(a_i, b_i, c_i) + big_sigma0(a_i);
  assign t_next_o = e_i - c_i;
  assign q_next_o = p_i + a_i;
  assign p_next_o = f_i + w_i + round_k(2);
  // The ways that a round can be told its constant, and an entry (round_top.v), change nothing else.
  assign {ring_e_o, ring_q_o, ring_p_o, ring_t_o, ring_a_o} = {e_next_o, q_next_o, p_next_o, t_next_o, a_next_o};
  assign {entered_e_o, entered_a_o} = {w_i, p_i};
endmodule
