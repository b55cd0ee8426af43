// Words with one read and one write port, whose contents begin with Init: block RAM (Memory 2), distributed RAM (1), or flip-flops (0).
//
// `read_data_o` follows `read_address_i` by a clock. There is no enable: every clock writes, and reads what was there before.

`default_nettype none

module rolled_memory #(
  parameter LogWords = 5,
  parameter Memory   = 2,
  parameter [32*(1 << LogWords)-1:0] Init = 0
) (
  input  wire                clk_i,
  input  wire [LogWords-1:0] write_address_i,
  input  wire [31:0]         write_data_i,
  input  wire [LogWords-1:0] read_address_i,
  output wire [31:0]         read_data_o
);
  localparam Words = 1 << LogWords;
  integer i;
  reg [31:0] data_q;
  assign read_data_o = data_q;
  generate
    if (Memory == 2) begin : g_block
      (* ram_style = "block", no_rw_check *) reg [31:0] words_q [0:Words-1];
      initial for (i = 0; i < Words; i = i + 1) words_q[i] = Init[32*i +: 32];
      always @(posedge clk_i) begin
        words_q[write_address_i] <= write_data_i;
        data_q <= words_q[read_address_i];
      end
    end else if (Memory == 1) begin : g_distributed
      (* ram_style = "distributed", no_rw_check *) reg [31:0] words_q [0:Words-1];
      initial for (i = 0; i < Words; i = i + 1) words_q[i] = Init[32*i +: 32];
      always @(posedge clk_i) begin
        words_q[write_address_i] <= write_data_i;
        data_q <= words_q[read_address_i];
      end
    end else begin : g_flip_flops
      (* ram_style = "registers" *) reg [31:0] words_q [0:Words-1];
      initial for (i = 0; i < Words; i = i + 1) words_q[i] = Init[32*i +: 32];
      always @(posedge clk_i) begin
        words_q[write_address_i] <= write_data_i;
        data_q <= words_q[read_address_i];
      end
    end
  endgenerate
endmodule

`default_nettype wire
