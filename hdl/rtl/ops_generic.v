// The additions that SHA-256 is made of, 32 bits wide, for any family: behavioural, mapped by the tool.
//
// All are combinational. `ops_ecp5.v` has the same modules as explicit carry chains; a build takes one file or the other, and
// hdl/formal proves that they are equal. Source: FIPS 180-4.

`default_nettype none

// y = a + b + K.
module op_addk #(
  parameter [31:0] K = 32'h0
) (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  output wire [31:0] y_o
);
  assign y_o = a_i + b_i + K;
endmodule

// y = a - b.
module op_sub (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  output wire [31:0] y_o
);
  assign y_o = a_i - b_i;
endmodule

// y = a + b while open, otherwise 0.
module op_add_gate (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire        open_i,
  output wire [31:0] y_o
);
  assign y_o = (a_i + b_i) & {32{open_i}};
endmodule

// y = (a + b) ^ x.
module op_add_flip (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] x_i,
  output wire [31:0] y_o
);
  assign y_o = (a_i + b_i) ^ x_i;
endmodule

// y = a + Ch(e, f, g).
module op_add_ch (
  input  wire [31:0] a_i,
  input  wire [31:0] e_i,
  input  wire [31:0] f_i,
  input  wire [31:0] g_i,
  output wire [31:0] y_o
);
  assign y_o = a_i + ((e_i & f_i) | (~e_i & g_i));
endmodule

// y = a + Maj(b, c, d).
module op_add_maj (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] c_i,
  input  wire [31:0] d_i,
  output wire [31:0] y_o
);
  assign y_o = a_i + ((b_i & c_i) | (b_i & d_i) | (c_i & d_i));
endmodule

// y = a + K[pick], one of four constants.
module op_add_pick #(
  parameter [127:0] Ks = 128'h0  // K[0] in bits 31 to 0
) (
  input  wire [31:0] a_i,
  input  wire [1:0]  pick_i,
  output wire [31:0] y_o
);
  assign y_o = a_i + Ks[32*pick_i +: 32];
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
  assign y_o = enter_i ? value_i : a_i + (u_i ^ v_i);
endmodule

// y = a + (u ^ v).
module op_add_xor (
  input  wire [31:0] a_i,
  input  wire [31:0] u_i,
  input  wire [31:0] v_i,
  output wire [31:0] y_o
);
  assign y_o = a_i + (u_i ^ v_i);
endmodule

`default_nettype wire
