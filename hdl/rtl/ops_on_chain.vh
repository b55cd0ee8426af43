// The additions of ops_generic.v for families whose carry chain adds two words as they are: what is to be folded in is a table in front.
//
// Included by the file of such a family, which has beside these modules op_add_gate and
//   carry_chain #(CarryIn) (a_i, b_i, x_i, y_o)  y = (a + b + CarryIn) ^ x

// y = a + b + K: one chain for K of 0 and 1.
module op_addk #(
  parameter [31:0] K = 32'h0
) (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  output wire [31:0] y_o
);
  generate
    if (K == 32'h0 || K == 32'h1) begin : g_chain
      carry_chain #(.CarryIn(K[0])) u_chain (.a_i(a_i), .b_i(b_i), .x_i(32'h0), .y_o(y_o));
    end else begin : g_behaviour
      assign y_o = a_i + b_i + K;
    end
  endgenerate
endmodule

// y = a - b.
module op_sub (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  output wire [31:0] y_o
);
  carry_chain #(.CarryIn(1'b1)) u_chain (.a_i(a_i), .b_i(~b_i), .x_i(32'h0), .y_o(y_o));
endmodule

// y = (a + b) ^ x.
module op_add_flip (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] x_i,
  output wire [31:0] y_o
);
  carry_chain u_chain (.a_i(a_i), .b_i(b_i), .x_i(x_i), .y_o(y_o));
endmodule

// y = a + Ch(e, f, g).
module op_add_ch (
  input  wire [31:0] a_i,
  input  wire [31:0] e_i,
  input  wire [31:0] f_i,
  input  wire [31:0] g_i,
  output wire [31:0] y_o
);
  carry_chain u_chain (.a_i(a_i), .b_i((e_i & f_i) | (~e_i & g_i)), .x_i(32'h0), .y_o(y_o));
endmodule

// y = a + Maj(b, c, d).
module op_add_maj (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] c_i,
  input  wire [31:0] d_i,
  output wire [31:0] y_o
);
  carry_chain u_chain (.a_i(a_i), .b_i((b_i & c_i) | (b_i & d_i) | (c_i & d_i)), .x_i(32'h0), .y_o(y_o));
endmodule

// y = a + K[pick], one of four constants.
module op_add_pick #(
  parameter [127:0] Ks = 128'h0  // K[0] in bits 31 to 0
) (
  input  wire [31:0] a_i,
  input  wire [1:0]  pick_i,
  output wire [31:0] y_o
);
  carry_chain u_chain (.a_i(a_i), .b_i(Ks[32*pick_i +: 32]), .x_i(32'h0), .y_o(y_o));
endmodule

// y = a + (u ^ v).
module op_add_xor (
  input  wire [31:0] a_i,
  input  wire [31:0] u_i,
  input  wire [31:0] v_i,
  output wire [31:0] y_o
);
  carry_chain u_chain (.a_i(a_i), .b_i(u_i ^ v_i), .x_i(32'h0), .y_o(y_o));
endmodule

// y = a + (u ^ v), or value where `enter_i` is high.
module op_add_xor_enter (
  input  wire [31:0] a_i,
  input  wire [31:0] u_i,
  input  wire [31:0] v_i,
  input  wire        enter_i,
  input  wire [31:0] value_i,
  output wire [31:0] y_o
);
  wire [31:0] sum;
  op_add_xor u_sum (.a_i(a_i), .u_i(u_i), .v_i(v_i), .y_o(sum));
  assign y_o = enter_i ? value_i : sum;
endmodule
