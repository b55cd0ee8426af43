// A first-in first-out queue of 2^LogDepth entries, in a memory with a registered output.
//
// `push_i` stores `data_i` unless the queue is full, when `lost_o` is high in the same clock instead; what is stored is never
// overwritten. `data_o` is the oldest entry while `empty_o` is low, two clocks after its push at the earliest; `pop_i` removes it, and
// the next is there with the next clock.

`default_nettype none

module hit_fifo #(
  parameter Width    = 48,
  parameter LogDepth = 4
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  input  wire             push_i,
  input  wire [Width-1:0] data_i,
  output wire             lost_o,
  input  wire             pop_i,
`ifdef FORMAL
  output wire [Width*(1 << LogDepth)-1:0] stored_o,    // all places, for the proofs, and which of them hold an entry
  output reg  [(1 << LogDepth)-1:0]       occupied_o,
`endif
  output wire [Width-1:0] data_o,
  output wire             empty_o
);
  localparam [LogDepth:0] One = 1;

  // What is read while it is written is not readable yet, and read again.
  (* no_rw_check *) reg [Width-1:0] entries_q [0:(1 << LogDepth) - 1];
  reg [Width-1:0]  front_q;
  // One bit more than an address: equal is empty, a whole round apart is full. What was pushed last is not readable yet.
  reg [LogDepth:0] write_q, readable_q, read_q;

  wire full = (write_q[LogDepth] != read_q[LogDepth]) && (write_q[LogDepth-1:0] == read_q[LogDepth-1:0]);
  wire [LogDepth:0] read_d = (pop_i && !empty_o) ? read_q + One : read_q;

  assign empty_o = (readable_q == read_q);
  assign lost_o  = push_i && full;
  assign data_o  = front_q;

  always @(posedge clk_i) begin : queue
    if (push_i && !full) begin
      entries_q[write_q[LogDepth-1:0]] <= data_i;
      write_q <= write_q + One;
    end
    front_q    <= entries_q[read_d[LogDepth-1:0]];
    readable_q <= write_q;
    read_q     <= read_d;
    if (!rst_ni) begin
      write_q    <= {(LogDepth + 1){1'b0}};
      readable_q <= {(LogDepth + 1){1'b0}};
      read_q     <= {(LogDepth + 1){1'b0}};
    end
  end

`ifdef FORMAL
  // What is stored comes out once, in order and unchanged, and never is there more than there is room for. `watched` is any one entry
  // in the order of pushes: its data are noted when it is pushed and compared when it is read.
  (* anyconst *) wire [LogDepth:0] watched;
  reg             past_q = 1'b0;
  reg             noted_q = 1'b0;
  reg [Width-1:0] data_q;
  wire [LogDepth:0] filled   = write_q - read_q;
  wire [LogDepth:0] readable = readable_q - read_q;
  wire [LogDepth:0] ahead    = watched - read_q;  // entries before the watched one

  genvar place;
  generate
    for (place = 0; place < (1 << LogDepth); place = place + 1) begin : g_stored
      assign stored_o[Width*place +: Width] = entries_q[place];
      wire [LogDepth-1:0] after = place - read_q[LogDepth-1:0];  // entries before this place
      always @(*) occupied_o[place] = {1'b0, after} < filled;
    end
  endgenerate

  always @(posedge clk_i) begin : properties
    past_q <= 1'b1;
    if (!rst_ni) begin
      noted_q <= 1'b0;
    end else begin
      if (push_i && !lost_o && write_q == watched) begin
        noted_q <= 1'b1;
        data_q  <= data_i;
      end else if (pop_i && !empty_o && read_q == watched) begin
        noted_q <= 1'b0;
      end
    end
  end
  always @(*) begin : invariants
    if (!past_q) assume (!rst_ni);
    if (past_q) begin
      assert (filled <= (1 << LogDepth));
      assert (readable <= filled);
      assert (filled - readable <= 1);
      assert (lost_o == (push_i && filled == (1 << LogDepth)));
      assert (noted_q == (ahead < filled) || !rst_ni);
      if (noted_q) assert (entries_q[watched[LogDepth-1:0]] == data_q);
      if (noted_q && readable != 0 && read_q == watched) assert (data_o == data_q);
      if (readable != 0) assert (front_q == entries_q[read_q[LogDepth-1:0]]);
    end
  end
`endif
endmodule

`default_nettype wire
