// The pipeline in lockstep with the standard: for every nonce of a range around the first block's, every stage of both hashes is
// compared, in the clock in which it must be there, with what FIPS 180-4's rounds give; and the hit comes in the right clock.
//
// What a stage holds is in sha_round.v's terms, of which e, a and the sums q and p are compared (q and p pin down the schedule word of
// the round, so a wrong word is seen at its first use). Time 3 of core_pipe.v is the clock after the start.

`timescale 1ns / 1ps

module lockstep_tb;
  `include "sha256_functions.vh"

  localparam Nonces = 24;
  localparam [31:0] First = 32'h1dac2b78;
  localparam [24*32-1:0] Words = {
    32'hc76773a1, 32'hab0c206f, 32'h6735e181, 32'h3050c043, 32'h0ec2c145, 32'h8bd2d587,
    32'hb7f888df, 32'h1e91703d, 32'h61ff4a77, 32'h87bb7a39, 32'ha8a8881c, 32'haf5e1cba,
    32'h238956e3, 32'h4719f91b, 32'h96b18736, 32'h4f0103c8, 32'hc3c8d8e9, 32'h1e59caa8,
    32'h90ccac7d, 32'h6358bff0, 32'hbc909a33, 32'hffffffff, 32'h1dac2b8f, 32'h1dac2b78
  };

  reg clk = 1'b0, rst_n = 1'b0, load = 1'b0, start = 1'b0;
  reg [4:0] load_idx = 5'd0;
  reg [31:0] load_data = 32'h0;
  wire busy, hit_valid;
  wire [31:0] hit_nonce;
  core_pipe u_core (
    .clk_i(clk), .rst_ni(rst_n), .load_i(load), .load_idx_i(load_idx), .load_data_i(load_data),
    .start_i(start), .stop_i(1'b0), .busy_o(busy), .hit_valid_o(hit_valid), .hit_nonce_o(hit_nonce)
  );

  // What the standard says of every nonce: A[i] and E[i] are the standard's a and e before round i, of either hash (those before round 0
  // at i + 4), and the message words.
  reg [31:0] a1 [0:Nonces*72-1], e1 [0:Nonces*72-1], w1 [0:Nonces*64-1];
  reg [31:0] a2 [0:Nonces*72-1], e2 [0:Nonces*72-1], w2 [0:Nonces*64-1];

  integer n, t, wrong, compared, hits;
  reg [31:0] t1, digest;

  task reference;
    input integer which;
    begin
      // First hash: the midstate, then the header's last 16 bytes and the padding.
      for (t = 0; t < 4; t = t + 1) begin
        a1[which*72 + 3 - t] = Words[32*(3 + t) +: 32];
        e1[which*72 + 3 - t] = Words[32*(7 + t) +: 32];
      end
      for (t = 0; t < 16; t = t + 1) w1[which*64 + t] = 32'h0;
      w1[which*64]      = 32'h4b1e5e4a;
      w1[which*64 + 1]  = 32'h29ab5f49;
      w1[which*64 + 2]  = 32'hffff001d;
      w1[which*64 + 3]  = First + which;
      w1[which*64 + 4]  = 32'h80000000;
      w1[which*64 + 15] = 32'd640;
      for (t = 16; t < 64; t = t + 1) begin
        w1[which*64 + t] = small_sigma1(w1[which*64 + t - 2]) + w1[which*64 + t - 7] + small_sigma0(w1[which*64 + t - 15])
          + w1[which*64 + t - 16];
      end
      for (t = 0; t < 64; t = t + 1) begin
        t1 = e1[which*72 + t] + big_sigma1(e1[which*72 + t + 3])
          + ch(e1[which*72 + t + 3], e1[which*72 + t + 2], e1[which*72 + t + 1]) + round_k(t) + w1[which*64 + t];
        e1[which*72 + t + 4] = a1[which*72 + t] + t1;
        a1[which*72 + t + 4] = t1 + big_sigma0(a1[which*72 + t + 3])
          + maj(a1[which*72 + t + 3], a1[which*72 + t + 2], a1[which*72 + t + 1]);
      end
      // Second hash: the digest and its padding.
      for (t = 0; t < 4; t = t + 1) begin
        a2[which*72 + 3 - t] = iv(t);
        e2[which*72 + 3 - t] = iv(4 + t);
        w2[which*64 + t]     = Words[32*(3 + t) +: 32] + a1[which*72 + 67 - t];
        w2[which*64 + 4 + t] = Words[32*(7 + t) +: 32] + e1[which*72 + 67 - t];
      end
      for (t = 8; t < 16; t = t + 1) w2[which*64 + t] = 32'h0;
      w2[which*64 + 8]  = 32'h80000000;
      w2[which*64 + 15] = 32'd256;
      for (t = 16; t < 64; t = t + 1) begin
        w2[which*64 + t] = small_sigma1(w2[which*64 + t - 2]) + w2[which*64 + t - 7] + small_sigma0(w2[which*64 + t - 15])
          + w2[which*64 + t - 16];
      end
      for (t = 0; t < 64; t = t + 1) begin
        t1 = e2[which*72 + t] + big_sigma1(e2[which*72 + t + 3])
          + ch(e2[which*72 + t + 3], e2[which*72 + t + 2], e2[which*72 + t + 1]) + round_k(t) + w2[which*64 + t];
        e2[which*72 + t + 4] = a2[which*72 + t] + t1;
        a2[which*72 + t + 4] = t1 + big_sigma0(a2[which*72 + t + 3])
          + maj(a2[which*72 + t + 3], a2[which*72 + t + 2], a2[which*72 + t + 1]);
      end
    end
  endtask

  // `clock` counts from 0 in the first clock in which the core is busy; the nonce that is then at time 3 went in `time - 3` clocks ago.
  integer clock;

  task compare;
    input integer hash, round, which;
    input [31:0] is, shall;
    begin
      compared = compared + 1;
      if (is !== shall) begin
        wrong = wrong + 1;
        if (wrong <= 10) $display("hash %0d round %0d nonce %0d: %h instead of %h", hash, round, which, is, shall);
      end
    end
  endtask

  // Stage r's registers hold the state before round r + 1.
  genvar r;
  generate
    for (r = 3; r <= 64; r = r + 1) begin : g_first
      wire integer which = clock - (r + 1 - 3);
      always @(negedge clk) begin
        if (clock >= 0 && which >= 0 && which < Nonces) begin
          if (r <= 63) compare(1, r, which, u_core.u_first.e_o[32*(r-3) +: 32], e1[which*72 + r + 1 + 3]);
          compare(1, r, which, u_core.u_first.a_o[32*(r-3) +: 32], a1[which*72 + r - 1 + 3]);
          if (r <= 62) begin
            compare(1, r, which, u_core.u_first.q_q[32*(r-3) +: 32],
              e1[which*72 + r - 2 + 3] + round_k(r + 1) + w1[which*64 + r + 1] + a1[which*72 + r - 2 + 3]);
          end
          if (r <= 61) begin
            compare(1, r, which, u_core.u_first.p_q[32*(r-3) +: 32], e1[which*72 + r - 1 + 3] + round_k(r + 2) + w1[which*64 + r + 2]);
          end
        end
      end
    end
    for (r = 1; r <= 60; r = r + 1) begin : g_second
      wire integer which = clock - (r + 1 + 66 - 3);
      always @(negedge clk) begin
        if (clock >= 0 && which >= 0 && which < Nonces) begin
          compare(2, r, which, u_core.u_second.e_o[32*(r-1) +: 32], e2[which*72 + r + 1 + 3]);
          compare(2, r, which, u_core.u_second.a_o[32*(r-1) +: 32], a2[which*72 + r - 1 + 3]);
          if (r <= 59) begin
            compare(2, r, which, u_core.u_second.q_q[32*(r-1) +: 32],
              e2[which*72 + r - 2 + 3] + round_k(r + 1) + w2[which*64 + r + 1] + a2[which*72 + r - 2 + 3]);
          end
          if (r <= 58) begin
            compare(2, r, which, u_core.u_second.p_q[32*(r-1) +: 32], e2[which*72 + r - 1 + 3] + round_k(r + 2) + w2[which*64 + r + 2]);
          end
        end
      end
    end
  endgenerate

  always #5 clk = !clk;

  always @(posedge clk) if (busy) clock <= clock + 1;

  always @(negedge clk) begin
    if (hit_valid) begin
      hits = hits + 1;
      // The first block's nonce, four after the first, 126 clocks after it went in.
      if (hit_nonce !== 32'h1dac2b7c || clock != 126 + 4) begin
        wrong = wrong + 1;
        $display("hit %h at clock %0d", hit_nonce, clock);
      end
    end
  end

  initial begin
    wrong = 0;
    compared = 0;
    hits = 0;
    clock = 0;
    for (n = 0; n < Nonces; n = n + 1) reference(n);
    repeat (4) @(negedge clk);
    rst_n = 1'b1;
    for (n = 0; n < 24; n = n + 1) begin
      @(negedge clk);
      load = 1'b1;
      load_idx = n;
      load_data = Words[32*n +: 32];
    end
    @(negedge clk);
    load = 1'b0;
    start = 1'b1;
    @(negedge clk);
    start = 1'b0;
    wait (!busy);
    @(negedge clk);
    if (wrong == 0 && hits == 1 && compared > 10000) begin
      $display("lockstep: every stage agrees (%0d values of %0d nonces)", compared, Nonces);
      $finish;
    end
    $display("lockstep: %0d of %0d values are wrong, %0d hits", wrong, compared, hits);
    $finish_and_return(1);
  end
endmodule
