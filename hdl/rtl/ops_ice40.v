// The additions that SHA-256 is made of, 32 bits wide, for Lattice iCE40: one logic cell a bit.
//
// All are combinational, and are the same modules as in `ops_generic.v`; a build takes one file or the other, and hdl/formal proves
// that they are equal.
//
// A cell's carry takes the inputs I1 and I2 as they are, and its table adds up by I1 ^ I2 ^ I3 with the carry at I3; what is left is I0,
// which may change the sum but not the carry: it flips it or, with another table, lets it through. The tool leaves I0 unused.
// Source: Lattice "iCE Technology Library", yosys `techlibs/ice40`, simulation models of SB_CARRY and SB_LUT4.

`default_nettype none

// y = (a + b + CarryIn) ^ x, or what Table makes of I0 = x, I1 = a, I2 = b and I3 = the carry.
module carry_chain #(
  parameter [15:0] Table   = 16'h6996,
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

// y = a + b while open, otherwise 0.
module op_add_gate (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire        open_i,
  output wire [31:0] y_o
);
  carry_chain #(.Table(16'h8228)) u_chain (.a_i(a_i), .b_i(b_i), .x_i({32{open_i}}), .y_o(y_o));
endmodule

`include "ops_on_chain.vh"

`default_nettype wire
