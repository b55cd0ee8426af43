// sha_round under the ports of its reference (round_reference.v), with the constant of round 2; combinational.
//
// Three ways: the constant folded in; given together with f, as rings do; and with an entry that is taken instead of e and a.
module round_top (
  input  wire [31:0] e_i, f_i, g_i, q_i, p_i, t_i, a_i, b_i, c_i, w_i,
  output wire [31:0] e_next_o, q_next_o, p_next_o, t_next_o, a_next_o,
  output wire [31:0] ring_e_o, ring_q_o, ring_p_o, ring_t_o, ring_a_o, entered_e_o, entered_a_o
);
  localparam [31:0] K = 32'hb5c0fbcf;
  sha_round #(.ConstantK(1), .K(K)) u_round (
    .e_i(e_i), .f_i(f_i), .g_i(g_i), .q_i(q_i), .p_i(p_i), .t_i(t_i), .a_i(a_i), .b_i(b_i), .c_i(c_i), .w_i(w_i),
    .fk_i(32'h0), .enter_i(1'b0), .entry_e_i(32'h0), .entry_a_i(32'h0),
    .e_o(e_next_o), .q_o(q_next_o), .p_o(p_next_o), .t_o(t_next_o), .a_o(a_next_o)
  );
  sha_round #(.ConstantK(0), .Entry(1)) u_ring (
    .e_i(e_i), .f_i(f_i), .g_i(g_i), .q_i(q_i), .p_i(p_i), .t_i(t_i), .a_i(a_i), .b_i(b_i), .c_i(c_i), .w_i(w_i),
    .fk_i(f_i + K), .enter_i(1'b0), .entry_e_i(w_i), .entry_a_i(p_i),
    .e_o(ring_e_o), .q_o(ring_q_o), .p_o(ring_p_o), .t_o(ring_t_o), .a_o(ring_a_o)
  );
  wire [31:0] q, p, t;
  sha_round #(.ConstantK(0), .Entry(1)) u_entered (
    .e_i(e_i), .f_i(f_i), .g_i(g_i), .q_i(q_i), .p_i(p_i), .t_i(t_i), .a_i(a_i), .b_i(b_i), .c_i(c_i), .w_i(w_i),
    .fk_i(f_i), .enter_i(1'b1), .entry_e_i(w_i), .entry_a_i(p_i),
    .e_o(entered_e_o), .q_o(q), .p_o(p), .t_o(t), .a_o(entered_a_o)
  );
endmodule
