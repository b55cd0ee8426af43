// The additions that SHA-256 is made of, 32 bits wide, for Gowin: one ALU a bit.
//
// All are combinational, and are the same modules as in `ops_generic.v`; a build takes one file or the other, and hdl/formal proves
// that they are equal.
//
// An ALU adds two bits as they are and nothing more: what is to be folded in is a table in front or behind. Written with `+`, chains of
// additions become carry-save trees of tables, which take twice the room. Source: Gowin UG288; yosys `techlibs/gowin`, model of ALU.

`default_nettype none

// 32 bits of carry chain.
module gowin_chain #(
  parameter CarryIn = 1'b0
) (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  output wire [31:0] y_o
);
  // The last carry goes nowhere: sums are modulo 2^32.
  /* verilator lint_off UNUSEDSIGNAL */
  wire [32:0] carry;
  /* verilator lint_on UNUSEDSIGNAL */
  assign carry[0] = CarryIn;
  genvar i;
  generate
    for (i = 0; i < 32; i = i + 1) begin : g_bit
      ALU #(.ALU_MODE(0)) u_alu (
        .I0(a_i[i]), .I1(b_i[i]), .I3(1'b0), .CIN(carry[i]), .SUM(y_o[i]), .COUT(carry[i+1])
      );
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
      gowin_chain #(.CarryIn(K[0])) u_chain (.a_i(a_i), .b_i(b_i), .y_o(y_o));
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
  gowin_chain #(.CarryIn(1'b1)) u_chain (.a_i(a_i), .b_i(~b_i), .y_o(y_o));
endmodule

// y = a + b while open, otherwise 0.
module op_add_gate (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire        open_i,
  output wire [31:0] y_o
);
  wire [31:0] sum;
  gowin_chain u_chain (.a_i(a_i), .b_i(b_i), .y_o(sum));
  assign y_o = sum & {32{open_i}};
endmodule

// y = (a + b) ^ x.
module op_add_flip (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] x_i,
  output wire [31:0] y_o
);
  wire [31:0] sum;
  gowin_chain u_chain (.a_i(a_i), .b_i(b_i), .y_o(sum));
  assign y_o = sum ^ x_i;
endmodule

// y = a + Ch(e, f, g).
module op_add_ch (
  input  wire [31:0] a_i,
  input  wire [31:0] e_i,
  input  wire [31:0] f_i,
  input  wire [31:0] g_i,
  output wire [31:0] y_o
);
  gowin_chain u_chain (.a_i(a_i), .b_i((e_i & f_i) | (~e_i & g_i)), .y_o(y_o));
endmodule

// y = a + Maj(b, c, d).
module op_add_maj (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] c_i,
  input  wire [31:0] d_i,
  output wire [31:0] y_o
);
  gowin_chain u_chain (.a_i(a_i), .b_i((b_i & c_i) | (b_i & d_i) | (c_i & d_i)), .y_o(y_o));
endmodule

// y = a + K[pick], one of four constants.
module op_add_pick #(
  parameter [127:0] Ks = 128'h0  // K[0] in bits 31 to 0
) (
  input  wire [31:0] a_i,
  input  wire [1:0]  pick_i,
  output wire [31:0] y_o
);
  gowin_chain u_chain (.a_i(a_i), .b_i(Ks[32*pick_i +: 32]), .y_o(y_o));
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
  gowin_chain u_chain (.a_i(a_i), .b_i(u_i ^ v_i), .y_o(sum));
  assign y_o = enter_i ? value_i : sum;
endmodule

// y = a + (u ^ v).
module op_add_xor (
  input  wire [31:0] a_i,
  input  wire [31:0] u_i,
  input  wire [31:0] v_i,
  output wire [31:0] y_o
);
  gowin_chain u_chain (.a_i(a_i), .b_i(u_i ^ v_i), .y_o(y_o));
endmodule

`default_nettype wire
