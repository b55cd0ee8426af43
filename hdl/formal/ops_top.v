// One of the additions of the ops files, by its number, for the proof that it is the same in every family; combinational.
module ops_top #(
  parameter Op = 0
) (
  input  wire [31:0] a_i, b_i, c_i, d_i,
  output wire [31:0] y_o
);
  generate
    case (Op)
      0: op_addk #(.K(32'h0)) u_plain (.a_i(a_i), .b_i(b_i), .y_o(y_o));
      1: op_addk #(.K(32'h1)) u_one (.a_i(a_i), .b_i(b_i), .y_o(y_o));
      2: op_addk #(.K(32'h428a2f98)) u_k (.a_i(a_i), .b_i(b_i), .y_o(y_o));
      3: op_addk #(.K(32'hffffffff)) u_ones (.a_i(a_i), .b_i(b_i), .y_o(y_o));
      4: op_sub u_sub (.a_i(a_i), .b_i(b_i), .y_o(y_o));
      5: op_add_ch u_ch (.a_i(a_i), .e_i(b_i), .f_i(c_i), .g_i(d_i), .y_o(y_o));
      6: op_add_maj u_maj (.a_i(a_i), .b_i(b_i), .c_i(c_i), .d_i(d_i), .y_o(y_o));
      7: op_add_xor u_xor (.a_i(a_i), .u_i(b_i), .v_i(c_i), .y_o(y_o));
      8: op_add_gate u_gate (.a_i(a_i), .b_i(b_i), .open_i(c_i[0]), .y_o(y_o));
      9: op_add_flip u_flip (.a_i(a_i), .b_i(b_i), .x_i(c_i), .y_o(y_o));
      10: op_add_pick #(.Ks(128'hffffffff_c67178f2_00000000_428a2f98)) u_pick (.a_i(a_i), .pick_i(d_i[1:0]), .y_o(y_o));
      default: op_add_xor_enter u_enter (
        .a_i(a_i), .u_i(b_i), .v_i(c_i), .enter_i(d_i[0]), .value_i({c_i[0], d_i[31:1]}), .y_o(y_o)
      );
    endcase
  endgenerate
endmodule
