// One round of SHA-256 in the form that all cores use: no path has more than two additions in a row.
//
// With A[i] and E[i] the values that the standard's a and e have before round i (b, c, d and f, g, h are older ones of them), the state
// before round r is held as nine words, first to last in `state`:
//   e = E[r]   f = E[r-1]   g = E[r-2]
//   q = E[r-3] + K[r] + W[r] + A[r-3]        what the round adds to Sigma1 and Ch to make E[r+1]
//   p = E[r-2] + K[r+1] + W[r+1]             q of the next round, as far as it is known
//   t = T1[r-2]                              for A[r-1], which is made two rounds late
//   a = A[r-2]   b = A[r-3]   c = A[r-4]
// A is late because nothing needs it early: E[r+1] needs A[r-3]. T1 is not added up but taken as E[r] - A[r-4].
//
// Combinational. `w_i` is W[r+2]; its constant K[r+2] is the parameter K, or `k_i` where ConstantK is 0 (cores that run several
// rounds on one instance). Source: FIPS 180-4, section 6.2.2.

`default_nettype none

module sha_round #(
  parameter        ConstantK = 1,
  parameter [31:0] K         = 32'h0
) (
  input  wire [287:0] state_i,
  input  wire [31:0]  w_i,
  input  wire [31:0]  k_i,
  output wire [287:0] state_o
);
  wire [31:0] e, f, g, q, p, t, a, b, c;
  assign {e, f, g, q, p, t, a, b, c} = state_i;

  // E[r+1] = (q + Ch) + Sigma1
  wire [31:0] with_ch, e_next;
  op_add_ch u_with_ch (.a_i(q), .e_i(e), .f_i(f), .g_i(g), .y_o(with_ch));
  op_add_xor u_e (
    .a_i(with_ch),
    .u_i({e[5:0], e[31:6]} ^ {e[10:0], e[31:11]}),
    .v_i({e[24:0], e[31:25]}),
    .y_o(e_next)
  );

  // A[r-1] = (T1[r-2] + Maj) + Sigma0
  wire [31:0] with_maj, a_next;
  op_add_maj u_with_maj (.a_i(t), .b_i(a), .c_i(b), .d_i(c), .y_o(with_maj));
  op_add_xor u_a (
    .a_i(with_maj),
    .u_i({a[1:0], a[31:2]} ^ {a[12:0], a[31:13]}),
    .v_i({a[21:0], a[31:22]}),
    .y_o(a_next)
  );

  // T1[r-1] = E[r] - A[r-4], q of the next round, p of the next round
  wire [31:0] t_next, q_next, p_next;
  op_sub u_t (.a_i(e), .b_i(c), .y_o(t_next));
  op_addk #(.K(32'h0)) u_q (.a_i(p), .b_i(a), .y_o(q_next));
  generate
    if (ConstantK != 0) begin : g_constant_k
      wire [31:0] unused_k = k_i;
      op_addk #(.K(K)) u_p (.a_i(f), .b_i(w_i), .y_o(p_next));
    end else begin : g_variable_k
      wire [31:0] kw;
      op_addk #(.K(32'h0)) u_kw (.a_i(w_i), .b_i(k_i), .y_o(kw));
      op_addk #(.K(32'h0)) u_p (.a_i(f), .b_i(kw), .y_o(p_next));
    end
  endgenerate

  assign state_o = {e_next, e, f, q_next, p_next, t_next, a_next, a, b};
endmodule

`default_nettype wire
