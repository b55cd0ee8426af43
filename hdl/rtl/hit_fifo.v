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
  output wire [Width-1:0] data_o,
  output wire             empty_o
);
  localparam [LogDepth:0] One = 1;

  reg [Width-1:0]  entries_q [0:(1 << LogDepth) - 1];
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
endmodule

`default_nettype wire
