// A partly unrolled SHA-256d core: a ring of Stages rounds (1 to 64) that every nonce passes several times.
//
// One hash takes Slots = 64, rounded up to a multiple of Stages, clocks: Laps = Slots / Stages times round the ring; a double hash two
// times that. Stages nonces are in the ring at a time, one a stage, so Stages / (2 * Slots) hashes are made a clock. Ports as
// core_pipe.v. A stop takes effect after at most 4 * Slots clocks, when what was begun has been reported.
//
// The ring turns without pause; when a job has ended, what is left of it in the ring is marked invalid in one clock. Stage 0 takes
// in, during lap 0, new nonces with what the job gives; at lap Laps the first hash's digest instead of what comes round. Each stage
// knows its lap by what the stage before knew a clock ago, and whether its nonce is to be reported by a bit beside it. What a stage
// chooses by its lap (constant, words that are put in, events) is decided a clock or two before it is needed, so that no path has
// more than the round's two additions. In the first hash slot s runs round s + 3 (rounds 0 to 2 do not see the nonce); in the
// second round s - 1, slot 0 being a round whose result is the initial value. Message words 0 to 15 (in the first hash also 16 to
// 19) are not computed but put in at slots 0 to 13. The schedule keeps the same three sums as core_pipe.v; what is delayed by 8 and
// 6 rounds is delayed by as many clocks, from one stage to the one 8 or 6 further round the ring.
//
// What a stage adds to f is ring_constant.v, what it puts in ring_put_in.v, the first hash's digest ring_digest.v.

`default_nettype none

module core_ring #(
  parameter        Stages     = 16,
  parameter [31:0] Offset     = 32'h0,  // added to the job's nonces: which part of the range is this core's
  parameter        LongMemory = 1,      // delay lines of 8 clocks and more (delay_line.v), and with 2 the constants of small rings
  parameter        MidMemory  = 0       // delay lines of 6 clocks; 4: those of every second stage as with 3
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

  localparam Laps  = (64 + Stages - 1) / Stages;
  localparam [31:0] AllLapsWide = 2 * Laps - 1, SecondLapWide = Laps, LastStageWide = Stages - 1;
  localparam [6:0] AllLaps = AllLapsWide[6:0], SecondLap = SecondLapWide[6:0], LastStage = LastStageWide[6:0];
  // E[61] of the second hash is in its register at slot 62.
  localparam OutStage = 62 % Stages;
  // Events are noticed a slot before they happen.
  localparam [31:0] BeforeOutLap = Laps + 61 / Stages, Lap10 = 10 / Stages, Lap12 = 12 / Stages;

  // The state from which one round, whatever it adds, leads to the initial value: two older values of A found by turning the round
  // around, and what the round adds chosen to fit. A0 to A3 are the initial a to d, E0 to E3 e to h.
  localparam [31:0] A4 = iv(4) - (iv(0) - maj(iv(1), iv(2), iv(3)) - big_sigma0(iv(1)));
  localparam [31:0] A5 = iv(5) - (iv(1) - maj(iv(2), iv(3), A4) - big_sigma0(iv(2)));
  localparam [31:0] T3 = iv(2) - maj(iv(3), A4, A5) - big_sigma0(iv(3));
  localparam [31:0] Q1 = iv(4) - ch(iv(5), iv(6), iv(7)) - big_sigma1(iv(5));

  // The job's words; counters: what goes in, nonces at slots 11 and 13, the nonce that comes out.
  wire [31:0]  last, mask, e3, e2, e1, p4, t1, a1, w16, w17, c18;
  wire [255:0] mid;
  wire [31:0]  q3, lag, w19, out;
  reg          at_11_q, at_13_q, at_out_q;
  // Control
  reg        busy_q, stopping_q, feeding_q;
  reg [6:0]  pos_q, lap_q;
  // The counter of the delay lines goes round the ring too: each stage has it a clock later, from its neighbour.
  reg [4*Stages-1:0] ptr_q;

  assign busy_o = busy_q;

  // What stage 0 will know, lap and whether its nonce is of the job, two clocks ahead (`_d`) and one (`next_*_q`).
  wire       turn     = (pos_q == LastStage);
  wire       turn_all = turn && (lap_q == AllLaps);
  wire [6:0] lap_d    = turn_all ? 7'd0 : turn ? lap_q + 7'd1 : lap_q;
  reg        batch_q;
  wire       batch_d  = turn_all ? (feeding_q && busy_q) : batch_q;
  reg  [6:0] next_lap_q;
  reg        next_batch_q;
  // What stage 0 takes in with the next clock instead of what comes round: a new nonce, or the first hash's digest; or either.
  reg        take_in_q, take_digest_q, enter_q;
  reg [31:0] entry_e_q, entry_a_q;

  wire [8*Stages-1:0]  know;  // {valid, lap} of each stage
  // Most of what a stage holds only its neighbour reads, which takes state_d.
  /* verilator lint_off UNUSEDSIGNAL */
  wire [288*Stages-1:0] state, state_d;
  /* verilator lint_on UNUSEDSIGNAL */
  wire [32*Stages-1:0] w, w_d;
  wire [32*Stages-1:0] r_d, s_d, r_late, s_late;

  always @(posedge clk_i) begin : ahead
    next_lap_q    <= lap_d;
    next_batch_q  <= batch_d && busy_q;
    take_in_q     <= (lap_d == 7'd0);
    take_digest_q <= (lap_d == SecondLap);
    enter_q       <= (lap_d == 7'd0) || (lap_d == SecondLap);
    entry_e_q     <= (lap_d == 7'd0) ? e3 : iv(5);
    entry_a_q     <= (lap_d == 7'd0) ? a1 : iv(3);
    if (!rst_ni) next_batch_q <= 1'b0;
  end

  // Events by which the counters step: a nonce goes in, one is at slot 11, at slot 13, one comes out.
  wire in_event = take_in_q && next_batch_q;
  always @(posedge clk_i) begin : events
    at_11_q  <= busy_q && know[8*(10 % Stages) + 7] && {25'h0, know[8*(10 % Stages) +: 7]} == Lap10;
    at_13_q  <= busy_q && know[8*(12 % Stages) + 7] && {25'h0, know[8*(12 % Stages) +: 7]} == Lap12;
    at_out_q <= busy_q && know[8*(61 % Stages) + 7] && {25'h0, know[8*(61 % Stages) +: 7]} == BeforeOutLap;
  end

  reg         h7_valid_q, match_valid_q;
  wire        match;
  wire        out_ends = match_valid_q && busy_q && (out == last);
  // Message words 31 and 32 are made in the ring like the others.
  wire [63:0] unused;
  job_registers #(.Offset(Offset)) u_job (
    .clk_i(clk_i), .load_i(load_i), .load_idx_i(load_idx_i), .load_data_i(load_data_i),
    .q3_step_i(in_event), .lag_step_i(at_11_q), .w19_step_i(at_13_q), .out_step_i(match_valid_q),
    .last_o(last), .mask_o(mask), .mid_o(mid), .e3_o(e3), .e2_o(e2), .e1_o(e1), .p4_o(p4), .t1_o(t1), .a1_o(a1),
    .w16_o(w16), .w17_o(w17), .c18_o(c18), .x31_o(unused[63:32]), .x32_o(unused[31:0]), .q3_o(q3), .lag_o(lag), .w19_o(w19), .out_o(out)
  );

  hash_check u_check (.clk_i(clk_i), .e_i(state[288*OutStage + 256 +: 32]), .mask_i(mask), .match_o(match));
  always @(posedge clk_i) begin : check
    h7_valid_q    <= at_out_q && busy_q;
    match_valid_q <= h7_valid_q && busy_q;
    if (!rst_ni) begin
      h7_valid_q    <= 1'b0;
      match_valid_q <= 1'b0;
    end
  end
  assign hit_valid_o = match && match_valid_q && busy_q;
  assign hit_nonce_o = out;

  // A job ends with its last nonce, or, when it is stopped, as soon as no nonce of it is left in the ring: batches go in together, so
  // that is when a whole turn has begun without one.
  reg [1:0] empty_turns_q;
  always @(posedge clk_i) begin : control
    pos_q   <= turn ? 7'd0 : pos_q + 7'd1;
    lap_q   <= lap_d;
    batch_q <= batch_d && busy_q;
    ptr_q[3:0] <= ptr_q[3:0] + 4'd1;
    if (turn_all) empty_turns_q <= feeding_q ? 2'd0 : (empty_turns_q == 2'd3) ? 2'd3 : empty_turns_q + 2'd1;
    if (start_i) begin
      busy_q     <= 1'b1;
      feeding_q  <= 1'b1;
      stopping_q <= 1'b0;
      empty_turns_q <= 2'd0;
    end else if (busy_q) begin
      if (stop_i) begin
        stopping_q <= 1'b1;
        feeding_q  <= 1'b0;
      end
      if (out_ends || (stopping_q && empty_turns_q == 2'd3)) begin
        busy_q    <= 1'b0;
        feeding_q <= 1'b0;
      end
    end
    if (!rst_ni) begin
      pos_q      <= 7'd0;
      lap_q      <= 7'd0;
      batch_q    <= 1'b0;
      busy_q     <= 1'b0;
      feeding_q  <= 1'b0;
      stopping_q <= 1'b0;
      empty_turns_q <= 2'd0;
      ptr_q[3:0] <= 4'd0;
    end
  end

  genvar i;
  generate
    for (i = 1; i < Stages; i = i + 1) begin : g_ptr
      always @(posedge clk_i) ptr_q[4*i +: 4] <= ptr_q[4*(i - 1) +: 4];
    end
  endgenerate

  // What the second hash begins with: the first one's digest, and its first p.
  wire [255:0] digest;
  wire [31:0]  p0;
  ring_digest #(.Stages(Stages), .LongMemory(LongMemory)) u_digest (
    .clk_i(clk_i), .ptr_i(ptr_q), .mid_i(mid), .state_i(state), .digest_o(digest), .p0_o(p0)
  );

  // Message words that are put in instead of computed: those for slots 0 to 13 of either hash.
  wire [31:0] w18;
  reg  [31:0] w18_q;
  op_add_sigma0 u_w18 (.a_i(c18), .x_i(lag), .y_o(w18));
  always @(posedge clk_i) w18_q <= w18;
  wire [32*14-1:0] first_words = {
    w19, w18_q, w17, w16, 32'h00000280, 32'h0, 32'h0, 32'h0, 32'h0, 32'h0, 32'h0, 32'h0, 32'h0, 32'h0
  };
  wire [32*14-1:0] second_words = {
    32'h00000100, 32'h0, 32'h0, 32'h0, 32'h0, 32'h0, 32'h0, 32'h80000000,
    digest[31:0], digest[63:32], digest[95:64], digest[127:96], digest[159:128], digest[191:160]
  };

  generate
    for (i = 0; i < Stages; i = i + 1) begin : g_stage
      localparam Before = (i + Stages - 1) % Stages;
      reg  [7:0]   know_q;
      reg  [287:0] state_q;
      reg  [31:0]  w_q, v_q;
      assign know[8*i +: 8]      = know_q;
      assign state[288*i +: 288] = state_q;
      assign w[32*i +: 32]       = w_q;
      // The lap that this stage will know, one and two clocks ahead; the next f.
      /* verilator lint_off UNUSEDSIGNAL */
      wire [6:0]   lap_next;  // of no use beyond stage 13
      /* verilator lint_on UNUSEDSIGNAL */
      wire [6:0]   lap_after;
      wire [31:0]  f_next;

      // Entry
      if (i == 0) begin : g_entry
        wire [287:0] round = state_d[288*Before +: 288];
        // e and a are chosen inside the last stage's round.
        wire [223:0] chosen = take_in_q ? {e2, e1, q3, p4, t1, mid[255:192]}
                            : take_digest_q ? {iv(6), iv(7), Q1, p0, T3, A4, A5}
                            : {round[255:96], round[63:0]};
        assign lap_next = next_lap_q;
        assign f_next   = chosen[223:192];
        always @(posedge clk_i) begin
          know_q <= {next_batch_q && busy_q, next_lap_q};
          state_q <= {round[287:256], chosen[223:64], round[95:64], chosen[63:0]};
          w_q <= take_in_q ? 32'h0 : take_digest_q ? digest[223:192] : w_d[32*Before +: 32];
          v_q <= take_in_q ? 32'h80000000 : take_digest_q ? digest[255:224] : w[32*Before +: 32];
          if (!rst_ni) know_q <= 8'h0;
        end
      end else begin : g_inner
        assign lap_next = know[8*Before +: 7];
        assign f_next   = state[288*Before + 256 +: 32];
        always @(posedge clk_i) begin
          know_q  <= {know[8*Before + 7] && busy_q, know[8*Before +: 7]};
          state_q <= state_d[288*Before +: 288];
          w_q     <= w_d[32*Before +: 32];
          v_q     <= w[32*Before +: 32];
          if (!rst_ni) know_q <= 8'h0;
        end
      end
      if (i == 0) begin : g_after_0
        assign lap_after = lap_d;
      end else if (i == 1) begin : g_after_1
        assign lap_after = next_lap_q;
      end else begin : g_after
        assign lap_after = know[8*(i - 2) +: 7];
      end

      // Round
      wire [31:0] fk;
      ring_constant #(.Stages(Stages), .Number(i), .LongMemory(LongMemory)) u_constant (
        .clk_i(clk_i), .lap_i(lap_after), .f_i(f_next), .fk_o(fk)
      );
      wire [31:0] e, f, g, q, p, t, a, b, c, e_next, q_next, p_next, t_next, a_next;
      assign {e, f, g, q, p, t, a, b, c} = state_q;
      assign state_d[288*i +: 288] = {e_next, e, f, q_next, p_next, t_next, a_next, a, b};
      sha_round #(.ConstantK(0), .Entry(i == Stages - 1)) u_round (
        .e_i(e), .f_i(f), .g_i(g), .q_i(q), .p_i(p), .t_i(t), .a_i(a), .b_i(b), .c_i(c), .w_i(w_q), .fk_i(fk),
        .enter_i(enter_q), .entry_e_i(entry_e_q), .entry_a_i(entry_a_q),
        .e_o(e_next), .q_o(q_next), .p_o(p_next), .t_o(t_next), .a_o(a_next)
      );

      // Schedule
      op_add_sigma0 u_r (.a_i(v_q), .x_i(w_q), .y_o(r_d[32*i +: 32]));
      op_addk u_s (.a_i(r_late[32*i +: 32]), .b_i(w_q), .y_o(s_d[32*i +: 32]));
      delay_line #(.Depth(8), .Memory(LongMemory)) u_r_late (
        .clk_i(clk_i), .ptr_i(ptr_q[4*i +: 4]), .d_i(r_d[32*((i + 8*Stages - 8) % Stages) +: 32]), .q_o(r_late[32*i +: 32])
      );
      delay_line #(.Depth(6), .Memory((MidMemory != 4) ? MidMemory : (i % 2 == 0) ? 3 : 0)) u_s_late (
        .clk_i(clk_i), .ptr_i(ptr_q[4*i +: 4]), .d_i(s_d[32*((i + 6*Stages - 6) % Stages) +: 32]), .q_o(s_late[32*i +: 32])
      );
      if (i < 14) begin : g_put_in
        wire        put;
        wire [31:0] word;
        ring_put_in #(.Stages(Stages), .Number(i)) u_put_in (
          .clk_i(clk_i), .lap_i(lap_next), .first_i(first_words), .second_i(second_words), .put_o(put), .word_o(word)
        );
        op_add_sigma1_enter u_w (
          .a_i(s_late[32*i +: 32]), .x_i(v_q), .enter_i(put), .value_i(word), .y_o(w_d[32*i +: 32])
        );
      end else begin : g_sum
        op_add_sigma1 u_w (.a_i(s_late[32*i +: 32]), .x_i(v_q), .y_o(w_d[32*i +: 32]));
      end
    end
  endgenerate
endmodule

`default_nettype wire
