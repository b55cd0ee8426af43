// A fully unrolled SHA-256d pipeline: one nonce, so one double hash, every clock.
//
// Ports: `load_*` write the words of a job (src/board/core/mod.rs has the table) while the core is idle; a pulse on `start_i` starts it
// at the job's first nonce; it ends by itself after the job's last nonce, or some 130 clocks after a pulse on `stop_i`, having reported
// what it had begun. `busy_o` is high from the clock after `start_i` until then. `hit_valid_o` is high for one clock for each nonce
// whose hash passes the job's mask. Latency: a nonce's answer comes Latency = 126 clocks after the nonce went in.
//
// Time in this file is counted in rounds of the first hash: the state before its round r is in registers at time r. It is entered at
// time 3, because rounds 0 to 2 do not see the nonce; its last values are there at time 66, and the state before round r of the second
// hash is in registers at time r + 66, entered at r = 1. Message word j is in a register at time j - 2 (its hash's time) and, one clock
// later, in a second one. Words that do not depend on the nonce are wires. A schedule word is the sum of three adders, each made as soon
// as its operands are there: R[j] = W[j-16] + sigma0(W[j-15]) at time j - 17, S[j] = R[j] + W[j-7] at j - 9, W[j] = S[j] + sigma1(W[j-2])
// at j - 3; between them a delay line keeps the one sum instead of the two words.
//
// The structure (constants folded, last rounds cut) follows what hdl.md section 4 counts; the form of the round is sha_round.v's.

`default_nettype none

module core_pipe #(
  parameter [31:0] Offset     = 32'h0,  // added to the job's nonces: which part of the range is this core's
  parameter        LongMemory = 1,      // delay lines of 8 clocks and more: 0 flip-flops, 1 distributed RAM, 2 block RAM
  parameter        MidMemory  = 0       // delay lines of 6 clocks
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        load_i,
  input  wire [4:0]  load_idx_i,
  input  wire [31:0] load_data_i,
  input  wire        start_i,
  input  wire        stop_i,
  output wire        busy_o,
  output wire        hit_valid_o,
  output wire [31:0] hit_nonce_o
);
  `include "sha256_functions.vh"

  localparam [7:0] Latency = 8'd126;

  // What the second hash starts from at its round 1: sums of everything but the first hash's words. A3 and E3 are the standard's d and h.
  localparam [31:0] E1Rest = iv(3) + iv(7) + round_k(0) + big_sigma1(iv(4)) + ch(iv(4), iv(5), iv(6));
  localparam [31:0] Q1Rest = iv(6) + round_k(1) + iv(2);
  localparam [31:0] P2Rest = iv(5) + round_k(2);

  // Registers of the job
  reg [31:0] last_q, mask_q, e3_q, e2_q, e1_q, p4_q, t1_q, a1_q, w16_q, w17_q, c18_q, x31_q, x32_q;
  reg [255:0] mid_q;
  // Counters: what goes in (a sum with the nonce), nonces further down the pipe, the nonce that comes out.
  reg [31:0] q3_q, lag_q, w19_q, out_q;
  // Control
  reg        busy_q, stopping_q, out_active_q;
  reg [7:0]  age_q, left_q;
  reg [3:0]  ptr_q;
  // Check
  reg [31:0] h7_q;
  reg        match_q;

  wire out_valid = out_active_q && (age_q >= Latency);
  wire out_ends  = out_valid && (out_q == last_q);

  assign busy_o      = busy_q;
  assign hit_valid_o = match_q && out_valid;
  assign hit_nonce_o = out_q;

  always @(posedge clk_i) begin : job_words
    if (load_i) begin
      case (load_idx_i)
        5'd1: last_q <= load_data_i + Offset;
        5'd2: mask_q <= load_data_i;
        5'd3, 5'd4, 5'd5, 5'd6, 5'd7, 5'd8, 5'd9, 5'd10: mid_q <= {mid_q[223:0], load_data_i};
        5'd11: e3_q <= load_data_i;
        5'd12: e2_q <= load_data_i;
        5'd13: e1_q <= load_data_i;
        5'd15: p4_q <= load_data_i;
        5'd16: t1_q <= load_data_i;
        5'd17: a1_q <= load_data_i;
        5'd18: w16_q <= load_data_i;
        5'd19: w17_q <= load_data_i;
        5'd20: c18_q <= load_data_i;
        5'd22: x31_q <= load_data_i;
        5'd23: x32_q <= load_data_i;
        default: ;
      endcase
    end
  end

  always @(posedge clk_i) begin : counters
    ptr_q <= ptr_q + 4'd1;
    if (load_i && load_idx_i == 5'd14) q3_q <= load_data_i + Offset;
    else q3_q <= busy_q ? q3_q + 32'd1 : q3_q;
    if (load_i && load_idx_i == 5'd0) lag_q <= load_data_i + Offset;
    else lag_q <= (busy_q && age_q >= 8'd12) ? lag_q + 32'd1 : lag_q;
    if (load_i && load_idx_i == 5'd21) w19_q <= load_data_i + Offset;
    else w19_q <= (busy_q && age_q >= 8'd13) ? w19_q + 32'd1 : w19_q;
    if (load_i && load_idx_i == 5'd0) out_q <= load_data_i + Offset;
    else out_q <= out_valid ? out_q + 32'd1 : out_q;
    if (!rst_ni) ptr_q <= 4'd0;
  end

  always @(posedge clk_i) begin : control
    if (start_i) begin
      busy_q       <= 1'b1;
      out_active_q <= 1'b1;
      stopping_q   <= 1'b0;
      age_q        <= 8'd0;
    end else if (busy_q) begin
      if (age_q != 8'hff) age_q <= age_q + 8'd1;
      if (stop_i && !stopping_q) begin
        stopping_q <= 1'b1;
        left_q     <= Latency;
      end else begin
        left_q <= left_q - 8'd1;
      end
      if (out_ends || (stopping_q && left_q == 8'd0)) begin
        busy_q       <= 1'b0;
        out_active_q <= 1'b0;
      end
    end
    if (!rst_ni) begin
      busy_q       <= 1'b0;
      out_active_q <= 1'b0;
      stopping_q   <= 1'b0;
    end
  end

  // First hash: rounds 3 to 65, of which the last two only finish A[64]. Lane i of these is what stands after round i + 3.
  wire [31:0] mid0 = mid_q[255:224];
  wire [31:0] mid1 = mid_q[223:192];
  wire [2015:0] first_words;
  // Of most rounds only the next one knows.
  /* verilator lint_off UNUSEDSIGNAL */
  wire [2015:0] first_e, first_g, first_a, first_b, first_c;
  /* verilator lint_on UNUSEDSIGNAL */
  hash_rounds #(.First(3), .Count(63)) u_first (
    .clk_i(clk_i), .entry_i({e3_q, e2_q, e1_q, q3_q, p4_q, t1_q, a1_q, mid0, mid1}), .words_i(first_words),
    .e_o(first_e), .g_o(first_g), .a_o(first_a), .b_o(first_b), .c_o(first_c)
  );

  // Words 5 to 14 are zero, 15 is the length; 16 and 17 are the job's.
  genvar r;
  generate
    for (r = 3; r <= 65; r = r + 1) begin : g_first_words
      if (r == 13) begin : g_length
        assign first_words[32*(r - 3) +: 32] = 32'h00000280;
      end else if (r == 14) begin : g_w16
        assign first_words[32*(r - 3) +: 32] = w16_q;
      end else if (r == 15) begin : g_w17
        assign first_words[32*(r - 3) +: 32] = w17_q;
      end else if (r >= 16 && r <= 61) begin : g_w
        assign first_words[32*(r - 3) +: 32] = w_q[32*(r - 16) +: 32];
      end else begin : g_none
        assign first_words[32*(r - 3) +: 32] = 32'h0;
      end
    end
  endgenerate

  // First hash: words 18 to 63, word j in lane j - 18; of the sums that wait, S[25] to S[63] and R[33] to R[63] in theirs.
  // Near the ends of the pipe parts of them are not read; synthesis drops them.
  /* verilator lint_off UNUSEDSIGNAL */
  reg  [1471:0] w_q, v_q;
  /* verilator lint_on UNUSEDSIGNAL */
  wire [1471:0] w_d;
  wire [1247:0] s_d, s_late;
  wire [991:0]  r_d, r_late;
  always @(posedge clk_i) begin : first_schedule
    w_q <= w_d;
    v_q <= w_q;
  end
  delay_line #(.Width(1248), .Depth(6), .Memory(MidMemory)) u_s (
    .clk_i(clk_i), .ptr_i(ptr_q), .d_i(s_d), .q_o(s_late)
  );
  delay_line #(.Width(992), .Depth(8), .Memory(LongMemory)) u_r (
    .clk_i(clk_i), .ptr_i(ptr_q), .d_i(r_d), .q_o(r_late)
  );
  genvar j;
  generate
    for (j = 18; j <= 63; j = j + 1) begin : g_word
      if (j == 18) begin : g_18
        op_add_sigma0 u_w (.a_i(c18_q), .x_i(lag_q), .y_o(w_d[31:0]));
      end else if (j == 19) begin : g_19
        assign w_d[63:32] = w19_q;
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
          assign base = w16_q;
        end else if (j == 24) begin : g_24
          assign base = w17_q;
        end else begin : g_delayed
          assign base = s_late[32*(j - 25) +: 32];
          if (j <= 29) begin : g_copy
            assign s_d[32*(j - 25) +: 32] = w_q[32*(j - 25) +: 32];
          end else if (j == 30) begin : g_30
            op_addk #(.K(small_sigma0(32'h00000280))) u_s_sum (
              .a_i(w_q[32*(j - 25) +: 32]), .b_i(32'h0), .y_o(s_d[32*(j - 25) +: 32])
            );
          end else if (j == 31) begin : g_31
            op_addk u_s_sum (.a_i(w_q[32*(j - 25) +: 32]), .b_i(x31_q), .y_o(s_d[32*(j - 25) +: 32]));
          end else if (j == 32) begin : g_32
            op_addk u_s_sum (.a_i(w_q[32*(j - 25) +: 32]), .b_i(x32_q), .y_o(s_d[32*(j - 25) +: 32]));
          end else begin : g_full
            wire [31:0] v;
            if (j == 33) begin : g_33
              assign v = w17_q;
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

  // The first hash's digest words, each as soon as its part of the state is there: A[64] is a at time 66, E[61] is g at time 63.
  wire [31:0] a66 = first_a[32*62 +: 32];
  wire [31:0] b66 = first_b[32*62 +: 32];
  wire [31:0] c66 = first_c[32*62 +: 32];
  wire [255:0] digest_from;
  assign digest_from[255 -: 32] = a66;
  assign digest_from[223 -: 32] = b66;
  assign digest_from[191 -: 32] = c66;
  assign digest_from[159 -: 32] = first_c[32*61 +: 32];
  assign digest_from[127 -: 32] = first_g[32*62 +: 32];
  assign digest_from[95 -: 32] = first_g[32*61 +: 32];
  assign digest_from[63 -: 32] = first_g[32*60 +: 32];
  assign digest_from[31 -: 32] = first_g[32*59 +: 32];

  // Second hash: words 0 to 60, word j in lane j; S[22] to S[60] and R[31] to R[60] in theirs. Word j is in w2_q at time j - 2 of the second
  // hash, but words 0 to 2 all at its time 1, in v2_q. Words 8 to 15 are constants, folded where they are used.
  // Near the ends of the pipe parts of them are not read; synthesis drops them.
  /* verilator lint_off UNUSEDSIGNAL */
  reg  [1951:0] w2_q, v2_q;
  /* verilator lint_on UNUSEDSIGNAL */
  wire [1951:0] w2_d;
  wire [1247:0] s2_d, s2_late;
  wire [959:0]  r2_d, r2_late;
  always @(posedge clk_i) begin : second_schedule
    w2_q <= w2_d;
    v2_q <= {w2_q[1951:96], w2_d[95:0]};
  end
  delay_line #(.Width(1248), .Depth(6), .Memory(MidMemory)) u_s2 (
    .clk_i(clk_i), .ptr_i(ptr_q), .d_i(s2_d), .q_o(s2_late)
  );
  delay_line #(.Width(960), .Depth(8), .Memory(LongMemory)) u_r2 (
    .clk_i(clk_i), .ptr_i(ptr_q), .d_i(r2_d), .q_o(r2_late)
  );
  generate
    for (j = 0; j <= 60; j = j + 1) begin : g_word2
      if (j <= 7) begin : g_digest
        localparam Wait = (j <= 2) ? 1 : (j == 3) ? 2 : 2 * (j - 3);
        wire [31:0] sum;
        op_addk u_sum (.a_i(digest_from[255 - 32*j -: 32]), .b_i(mid_q[255 - 32*j -: 32]), .y_o(sum));
        delay_line #(.Depth(Wait - 1), .Memory(Wait > 6 ? LongMemory : 0)) u_late (
          .clk_i(clk_i), .ptr_i(ptr_q), .d_i(sum), .q_o(w2_d[32*j +: 32])
        );
      end else if (j <= 15) begin : g_padding
        assign w2_d[32*j +: 32] = 32'h0;
      end else if (j == 16) begin : g_16
        wire [31:0] sum;
        op_add_sigma0 u_r_sum (.a_i(v2_q[31:0]), .x_i(v2_q[63:32]), .y_o(sum));
        delay_line #(.Depth(12), .Memory(LongMemory)) u_late (
          .clk_i(clk_i), .ptr_i(ptr_q), .d_i(sum), .q_o(w2_d[32*j +: 32])
        );
      end else if (j == 17) begin : g_17
        // sigma1 of word 15, a constant, comes in with word 1.
        wire [31:0] one, sum;
        reg  [31:0] one_q;
        op_addk #(.K(small_sigma1(32'h00000100))) u_one (.a_i(b66), .b_i(mid1), .y_o(one));
        always @(posedge clk_i) one_q <= one;
        op_add_sigma0 u_r_sum (.a_i(one_q), .x_i(v2_q[95:64]), .y_o(sum));
        delay_line #(.Depth(13), .Memory(LongMemory)) u_late (
          .clk_i(clk_i), .ptr_i(ptr_q), .d_i(sum), .q_o(w2_d[32*j +: 32])
        );
      end else begin : g_sigma1
        wire [31:0] base;
        op_add_sigma1 u_w (.a_i(base), .x_i(v2_q[32*(j - 2) +: 32]), .y_o(w2_d[32*j +: 32]));
        if (j <= 21) begin : g_early
          wire [31:0] sum;
          op_add_sigma0 u_r_sum (.a_i(v2_q[32*(j - 16) +: 32]), .x_i(w2_q[32*(j - 15) +: 32]), .y_o(sum));
          delay_line #(.Depth(14), .Memory(LongMemory)) u_late (
            .clk_i(clk_i), .ptr_i(ptr_q), .d_i(sum), .q_o(base)
          );
        end else begin : g_late
          assign base = s2_late[32*(j - 22) +: 32];
          if (j == 22) begin : g_22
            wire [31:0] sum, late;
            op_add_sigma0 u_r_sum (.a_i(v2_q[32*6 +: 32]), .x_i(w2_q[32*7 +: 32]), .y_o(sum));
            delay_line #(.Depth(8), .Memory(LongMemory)) u_late (
              .clk_i(clk_i), .ptr_i(ptr_q), .d_i(sum), .q_o(late)
            );
            op_addk #(.K(32'h00000100)) u_s_sum (.a_i(late), .b_i(32'h0), .y_o(s2_d[31:0]));
          end else if (j == 23) begin : g_23
            wire [31:0] seven;
            delay_line #(.Depth(9), .Memory(LongMemory)) u_seven (
              .clk_i(clk_i), .ptr_i(ptr_q), .d_i(w2_q[32*7 +: 32]), .q_o(seven)
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

  // Second hash: rounds 1 to 60, after round i + 1 in lane i.
  wire [31:0] e1_sum, q1_sum, p2_sum;
  op_addk #(.K(E1Rest)) u_e1 (.a_i(a66), .b_i(mid0), .y_o(e1_sum));
  op_addk #(.K(Q1Rest)) u_q1 (.a_i(b66), .b_i(mid1), .y_o(q1_sum));
  op_addk #(.K(P2Rest)) u_p2 (.a_i(c66), .b_i(mid_q[191:160]), .y_o(p2_sum));
  reg [31:0] e1n_q, q1n_q, p2n_q;
  always @(posedge clk_i) begin : second_entry
    e1n_q <= e1_sum;
    q1n_q <= q1_sum;
    p2n_q <= p2_sum;
  end

  wire [1919:0] second_words;
  // Only the last e is wanted.
  /* verilator lint_off UNUSEDSIGNAL */
  wire [1919:0] second_e, second_g, second_a, second_b, second_c;
  /* verilator lint_on UNUSEDSIGNAL */
  // t is of no use here: A[0], which it would make, is known.
  hash_rounds #(.First(1), .Count(60), .AIsKnown(1), .A(iv(0))) u_second (
    .clk_i(clk_i), .entry_i({e1n_q, iv(4), iv(5), q1n_q, p2n_q, 32'h0, iv(1), iv(2), iv(3)}), .words_i(second_words),
    .e_o(second_e), .g_o(second_g), .a_o(second_a), .b_o(second_b), .c_o(second_c)
  );
  generate
    for (r = 1; r <= 60; r = r + 1) begin : g_second_words
      if (r == 6) begin : g_one
        assign second_words[32*(r - 1) +: 32] = 32'h80000000;
      end else if (r == 13) begin : g_length
        assign second_words[32*(r - 1) +: 32] = 32'h00000100;
      end else if (r <= 5 || (r >= 14 && r <= 58)) begin : g_w
        assign second_words[32*(r - 1) +: 32] = w2_q[32*(r + 2) +: 32];
      end else begin : g_none
        assign second_words[32*(r - 1) +: 32] = 32'h0;
      end
    end
  endgenerate

  // The check: word 7 of the hash, whose bytes from the least significant on are the hash's leading zero bytes.
  wire [31:0] h7_sum;
  op_addk #(.K(iv(7))) u_h7 (.a_i(second_e[32*59 +: 32]), .b_i(32'h0), .y_o(h7_sum));
  wire [31:0] h7_swapped = {h7_q[7:0], h7_q[15:8], h7_q[23:16], h7_q[31:24]};
  always @(posedge clk_i) begin : check
    h7_q    <= h7_sum;
    match_q <= (h7_swapped & mask_q) == 32'h0;
  end
endmodule

`default_nettype wire
