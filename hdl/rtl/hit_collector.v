// Brings the hits of all cores into one queue, each with the id of the job that it was found for.
//
// `hit_*` are the cores' one-clock pulses and nonces (core i has bits 32*i +: 32). A hit waits in its core's register until it is its
// turn; one that comes before the one before it has left is lost, which `lost_o` tells (one clock a loss, or less when two cores lose in
// the same clock). `id_i` is taken with the hit. `data_o` is {id, core, nonce} while `empty_o` is low, until `pop_i`.

`default_nettype none

module hit_collector #(
  parameter Cores    = 1,
  parameter LogDepth = 4
) (
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire [7:0]          id_i,
  input  wire [Cores-1:0]    hit_valid_i,
  input  wire [32*Cores-1:0] hit_nonce_i,
`ifdef FORMAL
  output wire [Cores-1:0]    waiting_o,  // what waits for its turn, and what is stored, for the proofs
  output wire [40*Cores-1:0] waiting_entries_o,
  output wire [48*(1 << LogDepth)-1:0] stored_o,
  output wire [(1 << LogDepth)-1:0]    occupied_o,
  output wire [7:0]          turn_o,
`endif
  output wire                lost_o,
  output wire                empty_o,
  output wire [47:0]         data_o,
  input  wire                pop_i
);
  reg  [Cores-1:0]    waiting_q, missed_q;
  reg  [8*Cores-1:0]  id_q;
  reg  [32*Cores-1:0] nonce_q;
  reg  [7:0]          turn_q;
  wire [Cores-1:0]    taken;
  wire                fifo_lost;

  // A core that is alone has all turns.
  wire [7:0] turn_now = (Cores == 1) ? 8'd0 : turn_q;
  reg         push_d;
  reg  [47:0] entry_d;
  integer i;
  always @(*) begin : turn
    push_d  = 1'b0;
    entry_d = 48'h0;
    for (i = 0; i < Cores; i = i + 1) begin
      if (turn_now == i[7:0]) begin
        push_d  = waiting_q[i];
        entry_d = {id_q[8*i +: 8], i[7:0], nonce_q[32*i +: 32]};
      end
    end
  end

  genvar c;
  generate
    for (c = 0; c < Cores; c = c + 1) begin : g_core
      assign taken[c] = waiting_q[c] && {24'h0, turn_now} == c;
      always @(posedge clk_i) begin : wait_here
        missed_q[c] <= hit_valid_i[c] && waiting_q[c] && !taken[c];
        if (hit_valid_i[c] && (!waiting_q[c] || taken[c])) begin
          waiting_q[c]        <= 1'b1;
          id_q[8*c +: 8]      <= id_i;
          nonce_q[32*c +: 32] <= hit_nonce_i[32*c +: 32];
        end else if (taken[c]) begin
          waiting_q[c] <= 1'b0;
        end
        if (!rst_ni) begin
          waiting_q[c] <= 1'b0;
          missed_q[c]  <= 1'b0;
        end
      end
    end
  endgenerate

  localparam [31:0] LastCoreWide = Cores - 1;
  localparam [7:0]  LastCore = LastCoreWide[7:0];
  always @(posedge clk_i) begin : next_turn
    turn_q <= (turn_q == LastCore) ? 8'd0 : turn_q + 8'd1;
    if (!rst_ni) turn_q <= 8'd0;
  end

  hit_fifo #(.Width(48), .LogDepth(LogDepth)) u_fifo (
`ifdef FORMAL
    .stored_o(stored_o), .occupied_o(occupied_o),
`endif
    .clk_i(clk_i), .rst_ni(rst_ni), .push_i(push_d), .data_i(entry_d), .lost_o(fifo_lost),
    .pop_i(pop_i), .data_o(data_o), .empty_o(empty_o)
  );
  assign lost_o = fifo_lost || (|missed_q);

`ifdef FORMAL
  assign waiting_o = waiting_q;
  assign turn_o    = turn_q;
  generate
    for (c = 0; c < Cores; c = c + 1) begin : g_waiting
      assign waiting_entries_o[40*c +: 40] = {id_q[8*c +: 8], nonce_q[32*c +: 32]};
    end
  endgenerate
`endif
endmodule

`default_nettype wire
