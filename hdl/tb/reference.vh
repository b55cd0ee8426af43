// What the standard says of every nonce of a range around the first block's, and the job that says which: included inside a testbench,
// which has a core to compare with it. Needs sha256_functions.vh.

  localparam Nonces = 24;
  localparam [31:0] First = 32'h1dac2b78;
  localparam [24*32-1:0] Words = {
    32'hc76773a1, 32'hab0c206f, 32'h6735e181, 32'h3050c043, 32'h0ec2c145, 32'h8bd2d587,
    32'hb7f888df, 32'h1e91703d, 32'h61ff4a77, 32'h87bb7a39, 32'ha8a8881c, 32'haf5e1cba,
    32'h238956e3, 32'h4719f91b, 32'h96b18736, 32'h4f0103c8, 32'hc3c8d8e9, 32'h1e59caa8,
    32'h90ccac7d, 32'h6358bff0, 32'hbc909a33, 32'hffffffff, 32'h1dac2b8f, 32'h1dac2b78
  };

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
