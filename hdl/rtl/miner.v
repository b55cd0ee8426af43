// A whole miner but for clock and pins: UART, protocol, job queue, cores, hits.
//
// Ports: `rx_i` and `tx_o` are the serial line (8N1 at Baud); `temperature_i` is the die's
// sensor's raw reading, bit 15 set while there is none (its kind is Features); `busy_o` and `hit_o` are for lights.
//
// Parameters, and what they cost (figures in hdl/README.md):
//   ClkHz, Baud  clock and line speed; at least four clocks a bit.
//   Stages       0: fully unrolled pipelines, one hash a clock each. 1 to 64: rings of as many rounds, Stages / (2 * slots) hashes a
//                clock each, slots = 64 rounded up to a multiple of Stages.
//   Units        0: pipelines or rings. 1 and more: rolled cores of as many units, Units hashes in 132 clocks each; Stages has no meaning.
//   Cores        how many of them; each takes 2^SliceBits nonces of a job's 2^32.
//   LongMemory, MidMemory  where delays of 8 and 6 clocks are kept: 0 flip-flops, 1 distributed RAM, 2 block RAM; rolled: LongMemory is
//                where a unit keeps its words.
//   LogHits      log2 of how many hits wait for the line.
//   Icarus       1: speak the Icarus protocol (icarus_link.v) instead of the project's own (link.v).

`default_nettype none

module miner #(
  parameter ClkHz      = 25000000,
  parameter Baud       = 115200,
  parameter Stages     = 0,
  parameter Units      = 0,
  parameter Cores      = 1,
  parameter LongMemory = 1,
  parameter MidMemory  = 0,
  parameter LogHits    = 4,
  parameter Features   = 0,
  parameter Icarus     = 0,
  parameter IcarusZeroBits = 32
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        rx_i,
  output wire        tx_o,
  input  wire [15:0] temperature_i,
  output wire        busy_o,
  output wire        hit_o
);
  localparam Divider = (ClkHz + Baud / 2) / Baud;
  // Cores share the nonces in slices of a power of two.
  localparam LogCores = (Cores <= 1) ? 0 : (Cores <= 2) ? 1 : (Cores <= 4) ? 2 : (Cores <= 8) ? 3 : (Cores <= 16) ? 4
                      : (Cores <= 32) ? 5 : 6;
  localparam SliceBits = 32 - LogCores;
  localparam Laps = (Stages == 0) ? 1 : (64 + Stages - 1) / Stages;
  // Nonces that a core makes at a time, and the clocks that these take.
  localparam NoncesPerTurn = (Units == 0) ? 1 : Units;
  localparam ClocksPerTurn = (Units > 0) ? 132 : (Stages == 0) ? 1 : 2 * Laps;
  localparam [31:0] SliceBitsWide = SliceBits, CoresWide = Cores, FeaturesWide = Features;
  localparam [31:0] NoncesWide = NoncesPerTurn, ClocksWide = ClocksPerTurn;

  wire       rx_valid, rx_error, tx_valid, tx_ready;
  wire [7:0] rx_data, tx_data;
  uart_rx #(.Divider(Divider)) u_uart_rx (
    .clk_i(clk_i), .rst_ni(rst_ni), .rx_i(rx_i), .valid_o(rx_valid), .error_o(rx_error), .data_o(rx_data)
  );
  uart_tx #(.Divider(Divider)) u_uart_tx (
    .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(tx_valid), .data_i(tx_data), .ready_o(tx_ready), .tx_o(tx_o)
  );

  wire        load, start, stop, busy, lost, nonce_empty, nonce_pop;
  wire [4:0]  load_idx;
  wire [31:0] load_data;
  wire [7:0]  id;
  wire [47:0] nonce;
  wire [Cores-1:0]    hit_valid;
  wire [32*Cores-1:0] hit_nonce;

  assign busy_o = busy;
  assign hit_o  = |hit_valid;

  generate
    if (Icarus == 0) begin : g_link
      wire        write, commit, flush, clear, accepted, full, done;
      wire [4:0]  write_idx;
      wire [31:0] write_data;
      wire [1:0]  count;
      wire [7:0]  zero_bits;

      link #(
        .ClkHz(ClkHz), .Cores(CoresWide[7:0]), .SliceBits(SliceBitsWide[7:0]), .ClocksPerTurn(ClocksWide[15:0]),
        .NoncesPerTurn(NoncesWide[7:0]), .Features(FeaturesWide[7:0])
      ) u_link (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .rx_valid_i(rx_valid), .rx_error_i(rx_error), .rx_data_i(rx_data),
        .tx_valid_o(tx_valid), .tx_data_o(tx_data), .tx_ready_i(tx_ready),
        .write_o(write), .write_idx_o(write_idx), .write_data_o(write_data),
        .commit_o(commit), .flush_o(flush), .clear_o(clear), .accepted_i(accepted), .full_i(full),
        .count_i(count), .id_i(id), .zero_bits_i(zero_bits), .done_i(done), .busy_i(busy),
        .nonce_valid_i(!nonce_empty), .nonce_i(nonce), .nonce_pop_o(nonce_pop), .lost_i(lost),
        .temperature_i(temperature_i)
      );

      job_queue u_job_queue (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .write_i(write), .write_idx_i(write_idx), .write_data_i(write_data),
        .commit_i(commit), .flush_i(flush), .clear_i(clear), .accepted_o(accepted), .full_o(full), .count_o(count),
        .id_o(id), .zero_bits_o(zero_bits), .done_o(done),
        .load_o(load), .load_idx_o(load_idx), .load_data_o(load_data), .start_o(start), .stop_o(stop), .busy_i(busy)
      );
    end else begin : g_icarus
      wire unused = &{1'b0, rx_error, lost, nonce[47:32], temperature_i};
      assign id = 8'h0;
      icarus_link #(.ClkHz(ClkHz), .SliceBits(SliceBits), .ZeroBits(IcarusZeroBits)) u_link (
        .clk_i(clk_i), .rst_ni(rst_ni),
        .rx_valid_i(rx_valid), .rx_data_i(rx_data),
        .tx_valid_o(tx_valid), .tx_data_o(tx_data), .tx_ready_i(tx_ready),
        .load_o(load), .load_idx_o(load_idx), .load_data_o(load_data), .start_o(start), .stop_o(stop), .busy_i(busy),
        .nonce_valid_i(!nonce_empty), .nonce_i(nonce[31:0]), .nonce_pop_o(nonce_pop)
      );
    end
  endgenerate

  cores #(
    .Cores(Cores), .Stages(Stages), .Units(Units), .SliceBits(SliceBits), .LongMemory(LongMemory), .MidMemory(MidMemory)
  ) u_cores (
    .clk_i(clk_i), .rst_ni(rst_ni),
    .load_i(load), .load_idx_i(load_idx), .load_data_i(load_data), .start_i(start), .stop_i(stop), .busy_o(busy),
    .hit_valid_o(hit_valid), .hit_nonce_o(hit_nonce)
  );

  hit_collector #(.Cores(Cores), .LogDepth(LogHits)) u_hits (
    .clk_i(clk_i), .rst_ni(rst_ni), .id_i(id),
    .hit_valid_i(hit_valid), .hit_nonce_i(hit_nonce), .lost_o(lost),
    .empty_o(nonce_empty), .data_o(nonce), .pop_i(nonce_pop)
  );
endmodule

`default_nettype wire
