// hit_collector with three cores: one hit, any, is watched from its core to the output; for all time.
//
// It comes out once, with the id that was told in its clock, its core's number and its nonce, unless a loss was told; and it waits no
// longer for its turn than there are cores. No other hit carries that nonce (assumed), so a wrong one would be seen.
module hits_top (
  input wire        clk_i, pop_i,
  input wire [7:0]  id_i,
  input wire [2:0]  hit_valid_i,
  input wire [95:0] hit_nonce_i
);
  (* anyconst *) wire [31:0] watched;
  wire         lost, empty;
  wire [47:0]  data;
  wire [2:0]   waiting;
  wire [119:0] waiting_entries;
  wire [95:0]  stored;
  wire [1:0]   occupied;
  wire [7:0]   turn;
  reg          past_q = 1'b0;

  hit_collector #(.Cores(3), .LogDepth(1)) u_hits (
    .clk_i(clk_i), .rst_ni(past_q), .id_i(id_i), .hit_valid_i(hit_valid_i), .hit_nonce_i(hit_nonce_i),
    .waiting_o(waiting), .waiting_entries_o(waiting_entries), .stored_o(stored), .occupied_o(occupied), .turn_o(turn),
    .lost_o(lost), .empty_o(empty), .data_o(data), .pop_i(pop_i)
  );

  // The watched hit: whether it came, from where, with which id; whether it went; whether a loss was told since it came.
  reg       seen_q = 1'b0;
  reg       gone_q = 1'b0;
  reg       told_q = 1'b0;
  reg [1:0] core_q, age_q;
  reg [7:0] id_q;
  wire [2:0] here, in_wait;
  wire [1:0] in_store;
  wire       right_out = !empty && data[31:0] == watched;
  genvar i;
  generate
    for (i = 0; i < 3; i = i + 1) begin : g_core
      assign here[i]    = past_q && hit_valid_i[i] && hit_nonce_i[32*i +: 32] == watched;
      assign in_wait[i] = waiting[i] && waiting_entries[40*i +: 32] == watched;
    end
    for (i = 0; i < 2; i = i + 1) begin : g_place
      assign in_store[i] = occupied[i] && stored[48*i +: 32] == watched;
    end
  endgenerate
  always @(posedge clk_i) begin : follow
    past_q <= 1'b1;
    age_q  <= (|here) ? 2'd0 : age_q + 2'd1;
    if (|here) begin
      seen_q <= 1'b1;
      core_q <= here[0] ? 2'd0 : here[1] ? 2'd1 : 2'd2;
      id_q   <= id_i;
    end
    if (past_q && right_out && pop_i) gone_q <= 1'b1;
    if (seen_q && lost) told_q <= 1'b1;
  end

  wire [2:0] places = {2'b0, in_wait[0]} + {2'b0, in_wait[1]} + {2'b0, in_wait[2]} + {2'b0, in_store[0]} + {2'b0, in_store[1]}
                    + {2'b0, gone_q};
  integer n;
  always @(*) begin : properties
    assume ((here & (here - 3'd1)) == 3'd0);
    assume (!(seen_q && (|here)));
    assert (past_q || (!seen_q && !gone_q && !told_q));
    if (past_q) begin
      if (right_out) assert (seen_q && data == {id_q, 6'h0, core_q, watched});
      // It is in one place, or a loss was told.
      assert (places <= 3'd1);
      if (!seen_q) assert (places == 3'd0);
      if (seen_q && places == 3'd0) assert (told_q || lost);
      // Its turn comes.
      if (|in_wait) assert (age_q <= 2'd2);

      // Invariants that induction needs.
      assert (turn <= 8'd2);
      for (n = 0; n < 3; n = n + 1) begin
        if (in_wait[n]) assert (seen_q && core_q == n && waiting_entries[40*n + 32 +: 8] == id_q);
        // As many clocks are left until its turn as there are cores between.
        if (in_wait[n] && turn == (n + 2) % 3) assert (age_q <= 2'd1);
        if (in_wait[n] && turn == (n + 1) % 3) assert (age_q == 2'd0);
      end
      for (n = 0; n < 2; n = n + 1) begin
        if (in_store[n]) assert (seen_q && stored[48*n +: 48] == {id_q, 6'h0, core_q, watched});
      end
    end
  end
endmodule
