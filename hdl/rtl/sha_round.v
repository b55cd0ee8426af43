// One round of SHA-256 in the form that all cores use: no path has more than two additions in a row.
//
// With A[i] and E[i] the values that the standard's a and e have before round i (b, c, d and f, g, h are older ones of them), the state
// before round r is held as nine words:
//   e = E[r]   f = E[r-1]   g = E[r-2]
//   q = E[r-3] + K[r] + W[r] + A[r-3]        what the round adds to Sigma1 and Ch to make E[r+1]
//   p = E[r-2] + K[r+1] + W[r+1]             q of the next round, as far as it is known
//   t = T1[r-2]                              for A[r-1], which is made two rounds late
//   a = A[r-2]   b = A[r-3]   c = A[r-4]
// A is late because nothing needs it early: E[r+1] needs A[r-3]. T1 is not added up but taken as E[r] - A[r-4].
//
// Combinational; of the next state, what is not an output is an older word as it was. `w_i` is W[r+2]; its constant K[r+2] is the
// parameter K. Cores that run several rounds on one instance set ConstantK to 0 and give f + K[r+2] in `fk_i`, which they can make
// a clock earlier, out of e. Where Entry is 1, `enter_i` puts `entry_e_i` and `entry_a_i` in the places of the next e and a, for
// those are the longest paths and a choice behind them would make them longer still.
// Source: FIPS 180-4, section 6.2.2.

`default_nettype none

module sha_round #(
  parameter        ConstantK = 1,
  parameter [31:0] K         = 32'h0,
  parameter        Entry     = 0
) (
  input  wire [31:0] e_i,
  input  wire [31:0] f_i,
  input  wire [31:0] g_i,
  input  wire [31:0] q_i,
  input  wire [31:0] p_i,
  input  wire [31:0] t_i,
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  input  wire [31:0] c_i,
  input  wire [31:0] w_i,
  input  wire [31:0] fk_i,
  input  wire        enter_i,
  input  wire [31:0] entry_e_i,
  input  wire [31:0] entry_a_i,
  output wire [31:0] e_o,
  output wire [31:0] q_o,
  output wire [31:0] p_o,
  output wire [31:0] t_o,
  output wire [31:0] a_o
);
  // E[r+1] = (q + Ch) + Sigma1
  wire [31:0] with_ch;
  op_add_ch u_with_ch (.a_i(q_i), .e_i(e_i), .f_i(f_i), .g_i(g_i), .y_o(with_ch));

  // A[r-1] = (T1[r-2] + Maj) + Sigma0
  wire [31:0] with_maj;
  op_add_maj u_with_maj (.a_i(t_i), .b_i(a_i), .c_i(b_i), .d_i(c_i), .y_o(with_maj));

  wire [31:0] e_u = {e_i[5:0], e_i[31:6]} ^ {e_i[10:0], e_i[31:11]};
  wire [31:0] e_v = {e_i[24:0], e_i[31:25]};
  wire [31:0] a_u = {a_i[1:0], a_i[31:2]} ^ {a_i[12:0], a_i[31:13]};
  wire [31:0] a_v = {a_i[21:0], a_i[31:22]};
  generate
    if (Entry != 0) begin : g_entry
      op_add_xor_enter u_e (
        .a_i(with_ch), .u_i(e_u), .v_i(e_v), .enter_i(enter_i), .value_i(entry_e_i), .y_o(e_o)
      );
      op_add_xor_enter u_a (
        .a_i(with_maj), .u_i(a_u), .v_i(a_v), .enter_i(enter_i), .value_i(entry_a_i), .y_o(a_o)
      );
    end else begin : g_round
      wire unused = &{1'b0, enter_i, entry_e_i, entry_a_i};
      op_add_xor u_e (.a_i(with_ch), .u_i(e_u), .v_i(e_v), .y_o(e_o));
      op_add_xor u_a (.a_i(with_maj), .u_i(a_u), .v_i(a_v), .y_o(a_o));
    end
  endgenerate

  // T1[r-1] = E[r] - A[r-4], q of the next round, p of the next round
  op_sub u_t (.a_i(e_i), .b_i(c_i), .y_o(t_o));
  op_addk #(.K(32'h0)) u_q (.a_i(p_i), .b_i(a_i), .y_o(q_o));
  generate
    if (ConstantK != 0) begin : g_constant_k
      wire [31:0] unused_fk = fk_i;
      op_addk #(.K(K)) u_p (.a_i(f_i), .b_i(w_i), .y_o(p_o));
    end else begin : g_variable_k
      op_addk #(.K(32'h0)) u_p (.a_i(fk_i), .b_i(w_i), .y_o(p_o));
    end
  endgenerate
endmodule

`default_nettype wire
