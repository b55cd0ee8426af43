// All additions of the ops files beside each other, for the proof that the families are equal; combinational.
module ops_top (
  input  wire [31:0] a_i, b_i, c_i, d_i,
  output wire [31:0] plain_o, k_o, ones_o, sub_o, ch_o, maj_o, xor_o, pick_o, enter_o
);
  op_addk #(.K(32'h0)) u_plain (.a_i(a_i), .b_i(b_i), .y_o(plain_o));
  op_addk #(.K(32'h428a2f98)) u_k (.a_i(a_i), .b_i(b_i), .y_o(k_o));
  op_addk #(.K(32'hffffffff)) u_ones (.a_i(a_i), .b_i(b_i), .y_o(ones_o));
  op_sub u_sub (.a_i(a_i), .b_i(b_i), .y_o(sub_o));
  op_add_ch u_ch (.a_i(a_i), .e_i(b_i), .f_i(c_i), .g_i(d_i), .y_o(ch_o));
  op_add_maj u_maj (.a_i(a_i), .b_i(b_i), .c_i(c_i), .d_i(d_i), .y_o(maj_o));
  op_add_xor u_xor (.a_i(a_i), .u_i(b_i), .v_i(c_i), .y_o(xor_o));
  op_add_pick #(.Ks(128'hffffffff_c67178f2_00000000_428a2f98)) u_pick (.a_i(a_i), .pick_i(d_i[1:0]), .y_o(pick_o));
  op_add_xor_enter u_enter (.a_i(a_i), .u_i(b_i), .v_i(c_i), .enter_i(d_i[0]), .value_i({c_i[0], d_i[31:1]}), .y_o(enter_o));
endmodule
