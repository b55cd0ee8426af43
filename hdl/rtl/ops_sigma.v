// y = a + sigma0(x) and y = a + sigma1(x): the message schedule's additions, with the shifted-out bits costing nothing.
//
// Combinational; on top of op_add_xor of the family. Where the shift brings in zeros, a bit is the XOR of two, not three, so it goes to
// the adder's own XOR without a table in front. Source: FIPS 180-4, section 4.1.2.

`default_nettype none

module op_add_sigma0 (
  input  wire [31:0] a_i,
  input  wire [31:0] x_i,
  output wire [31:0] y_o
);
  wire [31:0] r7  = {x_i[6:0], x_i[31:7]};
  wire [31:0] r18 = {x_i[17:0], x_i[31:18]};
  op_add_xor u_add (
    .a_i(a_i),
    .u_i({r7[31:29], r7[28:0] ^ x_i[31:3]}),
    .v_i(r18),
    .y_o(y_o)
  );
endmodule

// As op_add_sigma1, or value where `enter_i` is high.
module op_add_sigma1_enter (
  input  wire [31:0] a_i,
  input  wire [31:0] x_i,
  input  wire        enter_i,
  input  wire [31:0] value_i,
  output wire [31:0] y_o
);
  wire [31:0] r17 = {x_i[16:0], x_i[31:17]};
  wire [31:0] r19 = {x_i[18:0], x_i[31:19]};
  op_add_xor_enter u_add (
    .a_i(a_i),
    .u_i({r17[31:22], r17[21:0] ^ x_i[31:10]}),
    .v_i(r19),
    .enter_i(enter_i),
    .value_i(value_i),
    .y_o(y_o)
  );
endmodule

module op_add_sigma1 (
  input  wire [31:0] a_i,
  input  wire [31:0] x_i,
  output wire [31:0] y_o
);
  wire [31:0] r17 = {x_i[16:0], x_i[31:17]};
  wire [31:0] r19 = {x_i[18:0], x_i[31:19]};
  op_add_xor u_add (
    .a_i(a_i),
    .u_i({r17[31:22], r17[21:0] ^ x_i[31:10]}),
    .v_i(r19),
    .y_o(y_o)
  );
endmodule

`default_nettype wire
