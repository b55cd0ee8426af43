// The additions that SHA-256 is made of, 32 bits wide, for Lattice ECP5: one CCU2C (two LUT4 on the carry chain) per two bits.
//
// All are combinational, and are the same modules as in `ops_generic.v`; a build takes one file or the other, and hdl/formal proves
// that they are equal.
//
// A CCU2C's bit has one 16-bit table INIT, indexed by {d, c, b, a}. It adds up as
//   sum = INIT[d,c,b,a] ^ carry_in
//   carry_out = INIT[d,c,b,a] ? carry_in : INIT[0,0,b,a]
// so whatever is folded into the propagate function must leave INIT[0,0,b,a] equal to the carry whenever carry does not propagate.
// That holds for each table below (proved, hdl/formal/ops). Source: yosys `techlibs/lattice`, simulation model of CCU2C.

`default_nettype none

// 32 bits of carry chain without carry in; bit i has the table Inits[16*i +: 16].
module ccu2c_chain #(
  parameter [511:0] Inits = 512'h0
) (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] c_i,
  input  wire [31:0] d_i,
  output wire [31:0] y_o
);
  // The last carry goes nowhere: sums are modulo 2^32.
  /* verilator lint_off UNUSEDSIGNAL */
  wire [16:0] carry;
  /* verilator lint_on UNUSEDSIGNAL */
  assign carry[0] = 1'b0;
  genvar i;
  generate
    for (i = 0; i < 16; i = i + 1) begin : g_pair
      CCU2C #(
        .INIT0(Inits[32*i +: 16]),
        .INIT1(Inits[32*i + 16 +: 16]),
        .INJECT1_0("NO"),
        .INJECT1_1("NO")
      ) u_ccu2c (
        .CIN(carry[i]),
        .A0(a_i[2*i]), .B0(b_i[2*i]), .C0(c_i[2*i]), .D0(d_i[2*i]),
        .A1(a_i[2*i+1]), .B1(b_i[2*i+1]), .C1(c_i[2*i+1]), .D1(d_i[2*i+1]),
        .S0(y_o[2*i]), .S1(y_o[2*i+1]),
        .COUT(carry[i+1])
      );
    end
  endgenerate
endmodule

// y = a + b + K in one chain: the carry-save sum a ^ b ^ K of each bit is added to the carry-save carry of the bit below.
module op_addk #(
  parameter [31:0] K = 32'h0
) (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  output wire [31:0] y_o
);
  // Rows: a ^ b ^ k ^ carry(c, d), where c and d are a and b of the bit below, and carry is `and` or, where its k is 1, `or`.
  function [511:0] inits;
    input [31:0] k;
    integer bit_index, row;
    reg below;
    begin
      inits = 512'h0;
      for (bit_index = 0; bit_index < 32; bit_index = bit_index + 1) begin
        below = (bit_index == 0) ? 1'b0 : k[(bit_index + 31) % 32];
        for (row = 0; row < 16; row = row + 1) begin
          inits[16*bit_index + row] = row[0] ^ row[1] ^ k[bit_index]
            ^ (below ? (row[2] | row[3]) : (row[2] & row[3]));
        end
      end
    end
  endfunction

  generate
    if (K == 32'h0) begin : g_plain
      // a ^ b where d is 1; rows 0 to 3 generate a.
      ccu2c_chain #(.Inits({32{16'h66aa}})) u_chain (
        .a_i(a_i), .b_i(b_i), .c_i(32'h0), .d_i(32'hffffffff), .y_o(y_o)
      );
    end else begin : g_constant
      ccu2c_chain #(.Inits(inits(K))) u_chain (
        .a_i(a_i), .b_i(b_i), .c_i({a_i[30:0], 1'b0}), .d_i({b_i[30:0], 1'b0}), .y_o(y_o)
      );
    end
  endgenerate
endmodule

// y = a - b = a + ~b + 1, the one as a constant of the chain.
module op_sub (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  output wire [31:0] y_o
);
  // As op_addk with K = 1; b is inverted inside the table. Bit 1, whose bit below has k = 1, needs `or`, which rows c = d = 0 allow
  // only with b of bit 0 inverted outside.
  function [511:0] inits;
    input dummy;
    integer bit_index, row;
    begin
      inits = {512{dummy}};
      for (bit_index = 0; bit_index < 32; bit_index = bit_index + 1) begin
        for (row = 0; row < 16; row = row + 1) begin
          case (bit_index)
            0: inits[row] = row[0] ^ row[1];
            1: inits[16 + row] = ~row[0] ^ row[1] ^ (row[2] | row[3]);
            default: inits[16*bit_index + row] = ~row[0] ^ row[1] ^ (row[2] & ~row[3]);
          endcase
        end
      end
    end
  endfunction

  ccu2c_chain #(.Inits(inits(1'b0))) u_chain (
    .a_i(a_i), .b_i(b_i), .c_i({a_i[30:0], 1'b0}), .d_i({b_i[30:1], ~b_i[0], 1'b0}), .y_o(y_o)
  );
endmodule

// y = a + b while open, otherwise 0. What a CCU2C adds up comes out as it is: the gate is a table behind it.
module op_add_gate (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire        open_i,
  output wire [31:0] y_o
);
  wire [31:0] sum;
  op_addk u_sum (.a_i(a_i), .b_i(b_i), .y_o(sum));
  assign y_o = sum & {32{open_i}};
endmodule

// y = (a + b) ^ x, with tables behind it, too.
module op_add_flip (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] x_i,
  output wire [31:0] y_o
);
  wire [31:0] sum;
  op_addk u_sum (.a_i(a_i), .b_i(b_i), .y_o(sum));
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
  // a ^ (b ? c : d)
  ccu2c_chain #(.Inits({32{16'h596a}})) u_chain (
    .a_i(a_i), .b_i(e_i), .c_i(f_i), .d_i(g_i), .y_o(y_o)
  );
endmodule

// y = a + Maj(b, c, d).
module op_add_maj (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] c_i,
  input  wire [31:0] d_i,
  output wire [31:0] y_o
);
  // a ^ maj(b, c, d)
  ccu2c_chain #(.Inits({32{16'h566a}})) u_chain (
    .a_i(a_i), .b_i(b_i), .c_i(c_i), .d_i(d_i), .y_o(y_o)
  );
endmodule

// y = a + K[pick], one of four constants, which costs nothing beside the addition.
module op_add_pick #(
  parameter [127:0] Ks = 128'h0  // K[0] in bits 31 to 0
) (
  input  wire [31:0] a_i,
  input  wire [1:0]  pick_i,
  output wire [31:0] y_o
);
  // Rows with d = 1: a ^ K[{c, b}]; those with c = d = 0, which are never the sum, generate a.
  function [511:0] inits;
    input [127:0] ks;
    integer bit_index, pick;
    begin
      inits = {32{16'h00aa}};
      for (bit_index = 0; bit_index < 32; bit_index = bit_index + 1) begin
        for (pick = 0; pick < 4; pick = pick + 1) begin
          inits[16*bit_index + 2*pick + 8] = ks[32*pick + bit_index];
          inits[16*bit_index + 2*pick + 9] = ~ks[32*pick + bit_index];
        end
      end
    end
  endfunction

  ccu2c_chain #(.Inits(inits(Ks))) u_chain (
    .a_i(a_i), .b_i({32{pick_i[0]}}), .c_i({32{pick_i[1]}}), .d_i(32'hffffffff), .y_o(y_o)
  );
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
  // b ? c : a ^ c ^ d; with b = 1 nothing generates a carry, so c comes out as it is.
  ccu2c_chain #(.Inits({32{16'he1d2}})) u_chain (
    .a_i(a_i), .b_i({32{enter_i}}), .c_i(enter_i ? value_i : u_i), .d_i(v_i), .y_o(y_o)
  );
endmodule

// y = a + (u ^ v).
module op_add_xor (
  input  wire [31:0] a_i,
  input  wire [31:0] u_i,
  input  wire [31:0] v_i,
  output wire [31:0] y_o
);
  // a ^ c ^ d
  ccu2c_chain #(.Inits({32{16'ha55a}})) u_chain (
    .a_i(a_i), .b_i(32'h0), .c_i(u_i), .d_i(v_i), .y_o(y_o)
  );
endmodule

`default_nettype wire
