// Message words of the pipeline's second hash, made from the first hash's digest: what hash_rounds wants of them, when it wants it.
//
// `digest_i` has the words from which the digest is made by adding the midstate's, word 0 uppermost, each as soon as its part of the state
// is there. `words_o` has W[j] of the nonce that is at time j - 2 of the second hash in lane j - 3, for j from 3 to 62. What times are, and
// the schedule's three sums: core_pipe.v.

`default_nettype none

module pipe_second_words #(
  parameter LongMemory = 1,
  parameter MidMemory  = 0
) (
  input  wire          clk_i,
  input  wire [3:0]    ptr_i,
  input  wire [255:0]  mid_i,
  input  wire [255:0]  digest_i,
  output wire [1919:0] words_o
);
  `include "sha256_functions.vh"

  // Words 0 to 60, word j in lane j; S[22] to S[60] and R[31] to R[60] in theirs. Word j is in w2_q at time j - 2 of the second
  // hash, but words 0 to 2 all at its time 1, in v2_q. Words 8 to 15 are constants, folded where they are used.
  // Near the ends of the pipe parts of them are not read; synthesis drops them.
  /* verilator lint_off UNUSEDSIGNAL */
  reg  [1951:0] w2_q, v2_q;
  /* verilator lint_on UNUSEDSIGNAL */
  wire [1951:0] w2_d;
  wire [1247:0] s2_d, s2_late;
  wire [959:0]  r2_d, r2_late;
  always @(posedge clk_i) begin : schedule
    w2_q <= w2_d;
    v2_q <= {w2_q[1951:96], w2_d[95:0]};
  end
  delay_line #(.Width(1248), .Depth(6), .Memory(MidMemory)) u_s2 (
    .clk_i(clk_i), .ptr_i(ptr_i), .d_i(s2_d), .q_o(s2_late)
  );
  delay_line #(.Width(960), .Depth(8), .Memory(LongMemory)) u_r2 (
    .clk_i(clk_i), .ptr_i(ptr_i), .d_i(r2_d), .q_o(r2_late)
  );
  genvar j, r;
  generate
    for (j = 0; j <= 60; j = j + 1) begin : g_word2
      if (j <= 7) begin : g_digest
        localparam Wait = (j <= 2) ? 1 : (j == 3) ? 2 : 2 * (j - 3);
        wire [31:0] sum;
        op_addk u_sum (.a_i(digest_i[255 - 32*j -: 32]), .b_i(mid_i[255 - 32*j -: 32]), .y_o(sum));
        delay_line #(.Depth(Wait - 1), .Memory(Wait > 6 ? LongMemory : 0)) u_late (
          .clk_i(clk_i), .ptr_i(ptr_i), .d_i(sum), .q_o(w2_d[32*j +: 32])
        );
      end else if (j <= 15) begin : g_padding
        assign w2_d[32*j +: 32] = 32'h0;
      end else if (j == 16) begin : g_16
        wire [31:0] sum;
        op_add_sigma0 u_r_sum (.a_i(v2_q[31:0]), .x_i(v2_q[63:32]), .y_o(sum));
        delay_line #(.Depth(12), .Memory(LongMemory)) u_late (
          .clk_i(clk_i), .ptr_i(ptr_i), .d_i(sum), .q_o(w2_d[32*j +: 32])
        );
      end else if (j == 17) begin : g_17
        // sigma1 of word 15, a constant, comes in with word 1.
        wire [31:0] one, sum;
        reg  [31:0] one_q;
        op_addk #(.K(small_sigma1(32'h00000100))) u_one (.a_i(digest_i[223:192]), .b_i(mid_i[223:192]), .y_o(one));
        always @(posedge clk_i) one_q <= one;
        op_add_sigma0 u_r_sum (.a_i(one_q), .x_i(v2_q[95:64]), .y_o(sum));
        delay_line #(.Depth(13), .Memory(LongMemory)) u_late (
          .clk_i(clk_i), .ptr_i(ptr_i), .d_i(sum), .q_o(w2_d[32*j +: 32])
        );
      end else begin : g_sigma1
        wire [31:0] base;
        op_add_sigma1 u_w (.a_i(base), .x_i(v2_q[32*(j - 2) +: 32]), .y_o(w2_d[32*j +: 32]));
        if (j <= 21) begin : g_early
          wire [31:0] sum;
          op_add_sigma0 u_r_sum (.a_i(v2_q[32*(j - 16) +: 32]), .x_i(w2_q[32*(j - 15) +: 32]), .y_o(sum));
          delay_line #(.Depth(14), .Memory(LongMemory)) u_late (
            .clk_i(clk_i), .ptr_i(ptr_i), .d_i(sum), .q_o(base)
          );
        end else begin : g_late
          assign base = s2_late[32*(j - 22) +: 32];
          if (j == 22) begin : g_22
            wire [31:0] sum, late;
            op_add_sigma0 u_r_sum (.a_i(v2_q[32*6 +: 32]), .x_i(w2_q[32*7 +: 32]), .y_o(sum));
            delay_line #(.Depth(8), .Memory(LongMemory)) u_late (
              .clk_i(clk_i), .ptr_i(ptr_i), .d_i(sum), .q_o(late)
            );
            op_addk #(.K(32'h00000100)) u_s_sum (.a_i(late), .b_i(32'h0), .y_o(s2_d[31:0]));
          end else if (j == 23) begin : g_23
            wire [31:0] seven;
            delay_line #(.Depth(9), .Memory(LongMemory)) u_seven (
              .clk_i(clk_i), .ptr_i(ptr_i), .d_i(w2_q[32*7 +: 32]), .q_o(seven)
            );
            op_addk #(.K(small_sigma0(32'h80000000))) u_s_sum (
              .a_i(w2_q[32*(j - 7) +: 32]), .b_i(seven), .y_o(s2_d[32*(j - 22) +: 32])
            );
          end else if (j == 24) begin : g_24
            assign s2_d[32*(j - 22) +: 32] = w2_q[32*(j - 7) +: 32] ^ 32'h80000000;
          end else if (j <= 29) begin : g_copy
            assign s2_d[32*(j - 22) +: 32] = w2_q[32*(j - 7) +: 32];
          end else if (j == 30) begin : g_30
            op_addk #(.K(small_sigma0(32'h00000100))) u_s_sum (
              .a_i(w2_q[32*(j - 7) +: 32]), .b_i(32'h0), .y_o(s2_d[32*(j - 22) +: 32])
            );
          end else begin : g_full
            wire [31:0] v;
            if (j == 31) begin : g_31
              assign v = 32'h00000100;
            end else begin : g_v
              assign v = v2_q[32*(j - 16) +: 32];
            end
            op_add_sigma0 u_r_sum (.a_i(v), .x_i(w2_q[32*(j - 15) +: 32]), .y_o(r2_d[32*(j - 31) +: 32]));
            op_addk u_s_sum (
              .a_i(w2_q[32*(j - 7) +: 32]), .b_i(r2_late[32*(j - 31) +: 32]), .y_o(s2_d[32*(j - 22) +: 32])
            );
          end
        end
      end
    end
  endgenerate

  generate
    for (r = 1; r <= 60; r = r + 1) begin : g_round
      if (r == 6) begin : g_one
        assign words_o[32*(r - 1) +: 32] = 32'h80000000;
      end else if (r == 13) begin : g_length
        assign words_o[32*(r - 1) +: 32] = 32'h00000100;
      end else if (r <= 5 || (r >= 14 && r <= 58)) begin : g_w
        assign words_o[32*(r - 1) +: 32] = w2_q[32*(r + 2) +: 32];
      end else begin : g_none
        assign words_o[32*(r - 1) +: 32] = 32'h0;
      end
    end
  endgenerate
endmodule

`default_nettype wire
