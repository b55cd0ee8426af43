// Message words of the pipeline's first hash: what hash_rounds wants of them, in the clock in which it wants it.
//
// `words_o` has W[j] of the nonce that is at time j - 2 in lane j - 5, for j from 5 to 67; those beyond 63 do not exist and are zero.
// `lag_i` is the nonce that is at time 15, `w19_i` word 19 of the one that is at time 16. What times are, and the schedule's three
// sums: core_pipe.v.

`default_nettype none

module pipe_first_words #(
  parameter LongMemory = 1,
  parameter MidMemory  = 0
) (
  input  wire          clk_i,
  input  wire [3:0]    ptr_i,
  input  wire [31:0]   lag_i,
  input  wire [31:0]   w16_i,
  input  wire [31:0]   w17_i,
  input  wire [31:0]   c18_i,
  input  wire [31:0]   w19_i,
  input  wire [31:0]   x31_i,
  input  wire [31:0]   x32_i,
  output wire [2015:0] words_o
);
  `include "sha256_functions.vh"

  // Words 18 to 63, word j in lane j - 18; of the sums that wait, S[25] to S[63] and R[33] to R[63] in theirs.
  // Near the ends of the pipe parts of them are not read; synthesis drops them.
  /* verilator lint_off UNUSEDSIGNAL */
  reg  [1471:0] w_q, v_q;
  /* verilator lint_on UNUSEDSIGNAL */
  wire [1471:0] w_d;
  wire [1247:0] s_d, s_late;
  wire [991:0]  r_d, r_late;
  always @(posedge clk_i) begin : schedule
    w_q <= w_d;
    v_q <= w_q;
  end
  delay_line #(.Width(1248), .Depth(6), .Memory(MidMemory)) u_s (
    .clk_i(clk_i), .ptr_i(ptr_i), .d_i(s_d), .q_o(s_late)
  );
  delay_line #(.Width(992), .Depth(8), .Memory(LongMemory)) u_r (
    .clk_i(clk_i), .ptr_i(ptr_i), .d_i(r_d), .q_o(r_late)
  );
  genvar j, r;
  generate
    for (j = 18; j <= 63; j = j + 1) begin : g_word
      if (j == 18) begin : g_18
        op_add_sigma0 u_w (.a_i(c18_i), .x_i(lag_i), .y_o(w_d[31:0]));
      end else if (j == 19) begin : g_19
        assign w_d[63:32] = w19_i;
      end else if (j == 20) begin : g_20
        assign w_d[95:64] = small_sigma1(v_q[31:0]) ^ 32'h80000000;
      end else if (j == 21) begin : g_21
        assign w_d[127:96] = small_sigma1(v_q[63:32]);
      end else begin : g_sum
        wire [31:0] base;
        op_add_sigma1 u_w (.a_i(base), .x_i(v_q[32*(j - 20) +: 32]), .y_o(w_d[32*(j - 18) +: 32]));
        if (j == 22) begin : g_22
          assign base = 32'h00000280;
        end else if (j == 23) begin : g_23
          assign base = w16_i;
        end else if (j == 24) begin : g_24
          assign base = w17_i;
        end else begin : g_delayed
          assign base = s_late[32*(j - 25) +: 32];
          if (j <= 29) begin : g_copy
            assign s_d[32*(j - 25) +: 32] = w_q[32*(j - 25) +: 32];
          end else if (j == 30) begin : g_30
            op_addk #(.K(small_sigma0(32'h00000280))) u_s_sum (
              .a_i(w_q[32*(j - 25) +: 32]), .b_i(32'h0), .y_o(s_d[32*(j - 25) +: 32])
            );
          end else if (j == 31) begin : g_31
            op_addk u_s_sum (.a_i(w_q[32*(j - 25) +: 32]), .b_i(x31_i), .y_o(s_d[32*(j - 25) +: 32]));
          end else if (j == 32) begin : g_32
            op_addk u_s_sum (.a_i(w_q[32*(j - 25) +: 32]), .b_i(x32_i), .y_o(s_d[32*(j - 25) +: 32]));
          end else begin : g_full
            wire [31:0] v;
            if (j == 33) begin : g_33
              assign v = w17_i;
            end else begin : g_v
              assign v = v_q[32*(j - 34) +: 32];
            end
            op_add_sigma0 u_r_sum (.a_i(v), .x_i(w_q[32*(j - 33) +: 32]), .y_o(r_d[32*(j - 33) +: 32]));
            op_addk u_s_sum (
              .a_i(w_q[32*(j - 25) +: 32]), .b_i(r_late[32*(j - 33) +: 32]), .y_o(s_d[32*(j - 25) +: 32])
            );
          end
        end
      end
    end
  endgenerate

  // Words 5 to 14 are zero, 15 is the length; 16 and 17 are the job's.
  generate
    for (r = 3; r <= 65; r = r + 1) begin : g_round
      if (r == 13) begin : g_length
        assign words_o[32*(r - 3) +: 32] = 32'h00000280;
      end else if (r == 14) begin : g_w16
        assign words_o[32*(r - 3) +: 32] = w16_i;
      end else if (r == 15) begin : g_w17
        assign words_o[32*(r - 3) +: 32] = w17_i;
      end else if (r >= 16 && r <= 61) begin : g_w
        assign words_o[32*(r - 3) +: 32] = w_q[32*(r - 16) +: 32];
      end else begin : g_none
        assign words_o[32*(r - 3) +: 32] = 32'h0;
      end
    end
  endgenerate
endmodule

`default_nettype wire
