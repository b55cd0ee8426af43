// The hashing cores of one miner: one or several, rolled, unrolled or as rings, each with its slice of a job's nonces.
//
// Units 1 and more: core_rolled with as many units, Units hashes in 132 clocks each. Otherwise, Stages 0: core_pipe, one hash a
// clock each; Stages 1 to 64: core_ring with as many round stages, Stages / (2 * slots) hashes a clock each (core_ring.v). Core i
// searches the job's range moved up by i << SliceBits. `busy_o` is high while any of them is.

`default_nettype none

module cores #(
  parameter Cores     = 1,
  parameter Stages    = 0,
  parameter Units     = 0,
  parameter SliceBits = 32,
  parameter LongMemory = 1,
  parameter MidMemory  = 0
) (
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire                load_i,
  input  wire [4:0]          load_idx_i,
  input  wire [31:0]         load_data_i,
  input  wire                start_i,
  input  wire                stop_i,
  output wire                busy_o,
  output wire [Cores-1:0]    hit_valid_o,
  output wire [32*Cores-1:0] hit_nonce_o
);
  wire [Cores-1:0] busy;
  assign busy_o = |busy;

  genvar i;
  generate
    for (i = 0; i < Cores; i = i + 1) begin : g_core
      localparam [31:0] Offset = (SliceBits >= 32) ? 32'h0 : (i << (SliceBits % 32));
      if (Units > 0) begin : g_rolled
        // Each core's hits are taken in its turn, which comes every Cores clocks.
        core_rolled #(.Units(Units), .Spacing(Cores), .Offset(Offset), .Memory(LongMemory)) u_core (
          .clk_i(clk_i), .rst_ni(rst_ni),
          .load_i(load_i), .load_idx_i(load_idx_i), .load_data_i(load_data_i),
          .start_i(start_i), .stop_i(stop_i), .busy_o(busy[i]),
          .hit_valid_o(hit_valid_o[i]), .hit_nonce_o(hit_nonce_o[32*i +: 32])
        );
      end else if (Stages == 0) begin : g_pipe
        core_pipe #(.Offset(Offset), .LongMemory(LongMemory), .MidMemory(MidMemory)) u_core (
          .clk_i(clk_i), .rst_ni(rst_ni),
          .load_i(load_i), .load_idx_i(load_idx_i), .load_data_i(load_data_i),
          .start_i(start_i), .stop_i(stop_i), .busy_o(busy[i]),
          .hit_valid_o(hit_valid_o[i]), .hit_nonce_o(hit_nonce_o[32*i +: 32])
        );
      end else begin : g_ring
        core_ring #(
          .Stages(Stages), .Offset(Offset), .LongMemory(LongMemory), .MidMemory(MidMemory)
        ) u_core (
          .clk_i(clk_i), .rst_ni(rst_ni),
          .load_i(load_i), .load_idx_i(load_idx_i), .load_data_i(load_data_i),
          .start_i(start_i), .stop_i(stop_i), .busy_o(busy[i]),
          .hit_valid_o(hit_valid_o[i]), .hit_nonce_o(hit_nonce_o[32*i +: 32])
        );
      end
    end
  endgenerate
endmodule

`default_nettype wire
