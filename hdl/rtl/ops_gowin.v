// The additions that SHA-256 is made of, 32 bits wide, for Gowin: one ALU a bit.
//
// All are combinational, and are the same modules as in `ops_generic.v`; a build takes one file or the other, and hdl/formal proves
// that they are equal.
//
// An ALU adds two bits as they are and nothing more: what is to be folded in is a table in front or behind. Written with `+`, chains of
// additions become carry-save trees of tables, which take twice the room. Source: Gowin UG288; yosys `techlibs/gowin`, model of ALU.

`default_nettype none

// y = (a + b + CarryIn) ^ x.
module carry_chain #(
  parameter CarryIn = 1'b0
) (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] x_i,
  output wire [31:0] y_o
);
  wire [31:0] sum;
  assign y_o = sum ^ x_i;
  // The last carry goes nowhere: sums are modulo 2^32.
  /* verilator lint_off UNUSEDSIGNAL */
  wire [32:0] carry;
  /* verilator lint_on UNUSEDSIGNAL */
  assign carry[0] = CarryIn;
  genvar i;
  generate
    for (i = 0; i < 32; i = i + 1) begin : g_bit
      ALU #(.ALU_MODE(0)) u_alu (
        .I0(a_i[i]), .I1(b_i[i]), .I3(1'b0), .CIN(carry[i]), .SUM(sum[i]), .COUT(carry[i+1])
      );
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
  wire [31:0] sum;
  carry_chain u_chain (.a_i(a_i), .b_i(b_i), .x_i(32'h0), .y_o(sum));
  assign y_o = sum & {32{open_i}};
endmodule

`include "ops_on_chain.vh"

`default_nettype wire
