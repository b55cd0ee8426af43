// Rounds of SHA-256 in a row, one register stage each: rounds First to First + Count - 1 of a hash every clock.
//
// `entry_i` is the state before round First in the form of sha_round.v. Lane i of an output (bits 32*i +: 32) is that word of the state
// after round First + i, in a register; lane i of `words_i` is the message word W[First + i + 2], in the same clock as the state before
// round First + i. Where AIsKnown is 1, a after the first round is A, whatever t was.
//
// Words of one kind stand side by side, not the words of one round: so a compiler of the simulation (hdl/README.md) can work at several
// rounds at once. To synthesis it is all the same.

`default_nettype none

module hash_rounds #(
  parameter        First    = 1,
  parameter        Count    = 60,
  parameter        AIsKnown = 0,
  parameter [31:0] A        = 32'h0
) (
  input  wire                clk_i,
  input  wire [287:0]        entry_i,
  input  wire [32*Count-1:0] words_i,
  output reg  [32*Count-1:0] e_o,
  output reg  [32*Count-1:0] g_o,
  output reg  [32*Count-1:0] a_o,
  output reg  [32*Count-1:0] b_o,
  output reg  [32*Count-1:0] c_o
);
  `include "sha256_functions.vh"

  // The last round's are read by nobody; synthesis drops them.
  /* verilator lint_off UNUSEDSIGNAL */
  reg  [32*Count-1:0] f_q, q_q, p_q, t_q;
  /* verilator lint_on UNUSEDSIGNAL */
  // What the rounds take in: the entry, and what the round before has left.
  wire [32*Count-1:0] e, f, g, q, p, t, a, b, c;
  wire [32*Count-1:0] e_d, q_d, p_d, t_d, a_d;

  generate
    if (Count == 1) begin : g_one
      assign {e, f, g, q, p, t, a, b, c} = entry_i;
    end else begin : g_more
      localparam Top = 32 * (Count - 1) - 1;
      assign e = {e_o[Top:0], entry_i[287:256]};
      assign f = {f_q[Top:0], entry_i[255:224]};
      assign g = {g_o[Top:0], entry_i[223:192]};
      assign q = {q_q[Top:0], entry_i[191:160]};
      assign p = {p_q[Top:0], entry_i[159:128]};
      assign t = {t_q[Top:0], entry_i[127:96]};
      assign a = {a_o[Top:0], entry_i[95:64]};
      assign b = {b_o[Top:0], entry_i[63:32]};
      assign c = {c_o[Top:0], entry_i[31:0]};
    end
  endgenerate

  genvar i;
  generate
    for (i = 0; i < Count; i = i + 1) begin : g_round
      wire [31:0] a_next;
      sha_round #(.ConstantK(1), .K(round_k(First + i + 2))) u_round (
        .e_i(e[32*i +: 32]), .f_i(f[32*i +: 32]), .g_i(g[32*i +: 32]), .q_i(q[32*i +: 32]), .p_i(p[32*i +: 32]),
        .t_i(t[32*i +: 32]), .a_i(a[32*i +: 32]), .b_i(b[32*i +: 32]), .c_i(c[32*i +: 32]),
        .w_i(words_i[32*i +: 32]), .fk_i(32'h0), .enter_i(1'b0), .entry_e_i(32'h0), .entry_a_i(32'h0),
        .e_o(e_d[32*i +: 32]), .q_o(q_d[32*i +: 32]), .p_o(p_d[32*i +: 32]), .t_o(t_d[32*i +: 32]), .a_o(a_next)
      );
      if (i == 0 && AIsKnown != 0) begin : g_known
        wire [31:0] unused = a_next;
        assign a_d[31:0] = A;
      end else begin : g_made
        assign a_d[32*i +: 32] = a_next;
      end
    end
  endgenerate

  always @(posedge clk_i) begin : state
    e_o <= e_d;
    f_q <= e;
    g_o <= f;
    q_q <= q_d;
    p_q <= p_d;
    t_q <= t_d;
    a_o <= a_d;
    b_o <= a;
    c_o <= b;
  end
endmodule

`default_nettype wire
