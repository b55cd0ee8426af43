// sha_round under the ports of its reference (round_reference.v), with the constant of round 2; combinational.
module round_top (
  input  wire [31:0] e_i, f_i, g_i, q_i, p_i, t_i, a_i, b_i, c_i, w_i,
  output wire [31:0] e_next_o, q_next_o, p_next_o, t_next_o, a_next_o
);
  wire [31:0] e, f, a, b;
  sha_round #(.ConstantK(1), .K(32'hb5c0fbcf)) u_round (
    .state_i({e_i, f_i, g_i, q_i, p_i, t_i, a_i, b_i, c_i}), .w_i(w_i), .fk_i(32'h0), .enter_i(1'b0), .entry_i(64'h0),
    .state_o({e_next_o, e, f, q_next_o, p_next_o, t_next_o, a_next_o, a, b})
  );
endmodule
