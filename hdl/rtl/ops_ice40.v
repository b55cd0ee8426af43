// The additions that SHA-256 is made of, 32 bits wide, for Lattice iCE40: one logic cell a bit.
//
// All are combinational, and are the same modules as in `ops_generic.v`; a build takes one file or the other, and hdl/formal proves
// that they are equal.
//
// A cell's carry takes the inputs I1 and I2 as they are, and its table adds up by I1 ^ I2 ^ I3 with the carry at I3; what is left is I0,
// which may change the sum but not the carry: it flips it (op_add_flip) or lets it through (op_add_gate). The tool leaves I0 unused.
// Source: Lattice "iCE Technology Library", yosys `techlibs/ice40`, simulation models of SB_CARRY and SB_LUT4.

`default_nettype none

// 32 bits of carry chain; each bit has the same table.
module ice40_chain #(
  parameter [15:0] Table   = 16'hc33c,
  parameter        CarryIn = 1'b0
) (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] x_i,
  output wire [31:0] y_o
);
  wire [31:0] carry;
  assign carry[0] = CarryIn;
  genvar i;
  generate
    for (i = 0; i < 32; i = i + 1) begin : g_bit
      SB_LUT4 #(.LUT_INIT(Table)) u_lut (.I0(x_i[i]), .I1(a_i[i]), .I2(b_i[i]), .I3(carry[i]), .O(y_o[i]));
      // The last carry goes nowhere: sums are modulo 2^32.
      if (i < 31) begin : g_carry
        SB_CARRY u_carry (.I0(a_i[i]), .I1(b_i[i]), .CI(carry[i]), .CO(carry[i+1]));
      end
    end
  endgenerate
endmodule

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
      ice40_chain #(.CarryIn(K[0])) u_chain (.a_i(a_i), .b_i(b_i), .x_i(32'h0), .y_o(y_o));
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
  ice40_chain #(.CarryIn(1'b1)) u_chain (.a_i(a_i), .b_i(~b_i), .x_i(32'h0), .y_o(y_o));
endmodule

// y = a + b while open, otherwise 0.
module op_add_gate (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire        open_i,
  output wire [31:0] y_o
);
  ice40_chain #(.Table(16'h8228)) u_chain (.a_i(a_i), .b_i(b_i), .x_i({32{open_i}}), .y_o(y_o));
endmodule

// y = (a + b) ^ x.
module op_add_flip (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] x_i,
  output wire [31:0] y_o
);
  ice40_chain #(.Table(16'h6996)) u_chain (.a_i(a_i), .b_i(b_i), .x_i(x_i), .y_o(y_o));
endmodule

// y = a + Ch(e, f, g).
module op_add_ch (
  input  wire [31:0] a_i,
  input  wire [31:0] e_i,
  input  wire [31:0] f_i,
  input  wire [31:0] g_i,
  output wire [31:0] y_o
);
  ice40_chain u_chain (.a_i(a_i), .b_i((e_i & f_i) | (~e_i & g_i)), .x_i(32'h0), .y_o(y_o));
endmodule

// y = a + Maj(b, c, d).
module op_add_maj (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] c_i,
  input  wire [31:0] d_i,
  output wire [31:0] y_o
);
  ice40_chain u_chain (.a_i(a_i), .b_i((b_i & c_i) | (b_i & d_i) | (c_i & d_i)), .x_i(32'h0), .y_o(y_o));
endmodule

// y = a + K[pick], one of four constants.
module op_add_pick #(
  parameter [127:0] Ks = 128'h0  // K[0] in bits 31 to 0
) (
  input  wire [31:0] a_i,
  input  wire [1:0]  pick_i,
  output wire [31:0] y_o
);
  ice40_chain u_chain (.a_i(a_i), .b_i(Ks[32*pick_i +: 32]), .x_i(32'h0), .y_o(y_o));
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
  ice40_chain u_chain (.a_i(a_i), .b_i(u_i ^ v_i), .x_i(32'h0), .y_o(sum));
  assign y_o = enter_i ? value_i : sum;
endmodule

// y = a + (u ^ v).
module op_add_xor (
  input  wire [31:0] a_i,
  input  wire [31:0] u_i,
  input  wire [31:0] v_i,
  output wire [31:0] y_o
);
  ice40_chain u_chain (.a_i(a_i), .b_i(u_i ^ v_i), .x_i(32'h0), .y_o(y_o));
endmodule

`default_nettype wire
