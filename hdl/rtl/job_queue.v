// Jobs between the link and the cores: one that runs and up to two that wait, each with its id from the host.
//
// The link writes a job's 25 words (`write_*`; word 0 is the frame's head: type, id, flags, zero bits) into the one free place of four,
// which nobody else uses, and then, if the frame was good, pulses `commit_i`. The job is queued (`accepted_o`), or with `flush_i` takes
// the place of all others, or finds the queue full (`full_o`). `clear_i` throws every job away.
//
// The head of the queue is copied into the cores word by word (`load_*`, words 1 to 24 as 0 to 23) and started; when the cores have
// searched its range (`busy_i` falls) `done_o` is high for a clock and the next one follows. A job that is thrown away while it runs is
// stopped by `stop_o`, and nothing else is loaded before `busy_i` falls: a nonce belongs to the job whose id is in `id_o`.

`default_nettype none

module job_queue (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        write_i,
  input  wire [4:0]  write_idx_i,
  input  wire [31:0] write_data_i,
  input  wire        commit_i,
  input  wire        flush_i,
  input  wire        clear_i,
  output wire        accepted_o,
  output wire        full_o,
  output wire [1:0]  count_o,
  output reg  [7:0]  id_o,
  output reg  [7:0]  zero_bits_o,
  output reg         done_o,
  output reg         load_o,
  output reg  [4:0]  load_idx_o,
  output reg  [31:0] load_data_o,
  output reg         start_o,
  output reg         stop_o,
  input  wire        busy_i
);
  localparam [4:0] Words = 5'd25;
  localparam [2:0] Idle = 3'd0, Load = 3'd1, Start = 3'd2, Begin = 3'd3, Run = 3'd4, Stop = 3'd5;

  // The place that is written to is none that is read.
  (* no_rw_check *) reg [31:0] words_q [0:127];
  reg [31:0] word_q;
  reg [1:0]  head_q, count_q;
  reg [2:0]  state_q;
  reg [4:0]  next_q, loaded_q;
  reg        loading_q;

  // Four places and at most three jobs: the place behind the last job is always free.
  wire [1:0] free = head_q + count_q;
  wire       replaces = (commit_i && flush_i) || clear_i;
  wire       finished = (state_q == Run) && !busy_i;
  wire       pop      = finished && !replaces;

  assign full_o     = commit_i && !flush_i && count_q == 2'd3;
  assign accepted_o = commit_i && !full_o;
  assign count_o    = count_q;

  always @(posedge clk_i) begin : places
    if (write_i) words_q[{free, write_idx_i}] <= write_data_i;
    word_q <= words_q[{head_q, next_q}];
  end

  always @(posedge clk_i) begin : queue
    if (replaces) begin
      head_q  <= free;
      count_q <= clear_i ? 2'd0 : 2'd1;
    end else begin
      head_q  <= head_q + {1'b0, pop};
      count_q <= count_q - {1'b0, pop} + {1'b0, accepted_o};
    end
    if (!rst_ni) begin
      head_q  <= 2'd0;
      count_q <= 2'd0;
    end
  end

  // `word_q` follows `next_q` by a clock, and the cores see it after one more: a block RAM answers late in the clock.
  always @(posedge clk_i) begin : load
    load_o      <= loading_q && loaded_q != 5'd0 && state_q == Load && !replaces;
    load_idx_o  <= loaded_q - 5'd1;
    load_data_o <= word_q;
    loading_q <= (state_q == Load) && next_q != Words;
    loaded_q  <= next_q;
    next_q    <= (state_q == Load) ? next_q + 5'd1 : 5'd0;
    if (loading_q && loaded_q == 5'd0) begin
      id_o        <= word_q[23:16];
      zero_bits_o <= word_q[7:0];
    end
    if (!rst_ni) begin
      loading_q <= 1'b0;
      load_o    <= 1'b0;
    end
  end

  always @(posedge clk_i) begin : control
    start_o <= 1'b0;
    stop_o  <= 1'b0;
    done_o  <= pop;
    case (state_q)
      Idle:  if (count_q != 2'd0 && !replaces && !loading_q) state_q <= Load;
      Load:  state_q <= replaces ? Idle : (next_q == Words) ? Start : Load;
      Start: begin
        start_o <= !replaces;
        state_q <= replaces ? Idle : Begin;
      end
      // The cores see `start_o` in this clock and are busy from the next on.
      Begin: begin
        stop_o  <= replaces;
        state_q <= replaces ? Stop : Run;
      end
      Run: begin
        stop_o  <= replaces;
        if (finished) state_q <= Idle;
        else if (replaces) state_q <= Stop;
      end
      default: begin
        // `stop_o` of the clock in which this state was entered may reach the cores together with `start_o`: it is held.
        stop_o <= busy_i;
        if (!busy_i && !stop_o) state_q <= Idle;
      end
    endcase
    if (!rst_ni) begin
      state_q <= Idle;
      start_o <= 1'b0;
      stop_o  <= 1'b0;
      done_o  <= 1'b0;
    end
  end

`ifdef FORMAL
  // The cores, as far as this module relies on them: busy from the clock after a start until they have ended, of themselves or after a
  // stop, which is whenever they like.
  reg past_q = 1'b0;
  reg was_start_q, was_busy_q;
  // The link, as far as this module relies on it: one command at a time.
  always @(posedge clk_i) begin : assumptions
    past_q      <= 1'b1;
    was_start_q <= start_o && rst_ni;
    was_busy_q  <= busy_i;
    if (!past_q) assume (!rst_ni);
    else assume (rst_ni);
    assume (!(commit_i && clear_i));
    if (past_q) begin
      if (!was_busy_q) assume (busy_i == was_start_q);
      if (was_start_q) assume (busy_i);
    end else begin
      assume (!busy_i);
    end
  end

  // A job's life: which place it has, and the id in its first word, is noted when it is committed; while the cores are busy, or are being
  // loaded or started, the id told is that of the job at the head, and nobody writes to its place.
  reg [7:0] running_id_q;
  reg       running_q;
  reg [4:0] words_seen_q;
  always @(posedge clk_i) begin : properties
    if (!rst_ni) begin
      running_q <= 1'b0;
      words_seen_q <= 5'd0;
    end else begin
      if (start_o) begin
        running_q    <= 1'b1;
        running_id_q <= id_o;
      end else if (running_q && !busy_i) begin
        running_q <= 1'b0;
      end
      if (state_q == Idle || start_o) words_seen_q <= 5'd0;
      else if (load_o) words_seen_q <= words_seen_q + 5'd1;
    end
    if (past_q && rst_ni) begin
      // Cores are loaded and started only when they are idle.
      assert (!(load_o && busy_i));
      assert (!(start_o && busy_i));
      // A nonce that is found while the cores are busy is found under the id that they were started with.
      if (busy_i && running_q) assert (id_o == running_id_q);
      if (busy_i) assert (state_q == Run || state_q == Stop || state_q == Begin);
      // The place that is written to is not the place of any job.
      if (write_i && count_q != 2'd0) assert (free != head_q);
      // The queue never holds more than it has places, and a job is only taken where there is room.
      assert (!(commit_i && !flush_i && count_q == 2'd3 && accepted_o));
      assert (full_o == (commit_i && !flush_i && count_q == 2'd3));
      // The range of a job is told as searched only if it was not thrown away.
      if (pop) assert (!replaces && count_q != 2'd0);
      // All words, in order, before the start.
      if (load_o) assert (load_idx_o == words_seen_q);
      if (state_q == Start) assert (words_seen_q == 5'd23 && load_o);
      if (start_o) assert (words_seen_q == 5'd24 && !load_o);
      // Invariants that induction needs.
      assert (state_q <= Stop);
      if (state_q == Run || state_q == Begin) assert (count_q != 2'd0);
      if (state_q == Load || state_q == Start) assert (count_q != 2'd0);
      if (start_o) assert (state_q == Begin);
      if (state_q == Begin) assert (!running_q && !busy_i);
      if (state_q == Run || state_q == Stop) assert (running_q || !busy_i);
      if (state_q == Idle || state_q == Load || state_q == Start) assert (!busy_i && !running_q && !start_o);
      if (state_q == Load) assert (next_q <= Words);
      if (state_q != Load && state_q != Start) assert (!loading_q || state_q == Idle);
      if (state_q == Load && loading_q) assert (loaded_q + 5'd1 == next_q);
      if (state_q == Load && next_q != 5'd0) assert (loading_q);
      if (state_q == Load && !loading_q) assert (next_q == 5'd0 && words_seen_q == 5'd0);
      if (state_q == Load) assert (load_o == (loading_q && loaded_q > 5'd1));
      if (state_q == Load && loading_q) assert (words_seen_q == (loaded_q <= 5'd2 ? 5'd0 : loaded_q - 5'd2));
      if (state_q != Load && state_q != Start) assert (!load_o);
      if (state_q == Start) assert (!loading_q);
    end
  end
`endif
endmodule

`default_nettype wire
