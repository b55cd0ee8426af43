// Serial transmitter, 8N1.
//
// A byte is taken from `data_i` in a clock in which `valid_i` and `ready_o` are both high; its start bit begins with the next clock and
// it takes 10 * Divider clocks. `tx_o` idles high.

`default_nettype none

module uart_tx #(
  parameter [31:0] Divider = 217
) (
  input  wire       clk_i,
  input  wire       rst_ni,
  input  wire       valid_i,
  input  wire [7:0] data_i,
`ifdef FORMAL
  output wire [28:0] inside_o,  // for the proofs
`endif
  output wire       ready_o,
  output wire       tx_o
);
  localparam [15:0] Bit = Divider[15:0];

  reg [8:0]  shift_q;
  reg [3:0]  bits_q;  // bits left to send; 0: idle
  reg [15:0] count_q;

`ifdef FORMAL
  assign inside_o = {shift_q, bits_q, count_q};
`endif

  wire idle = (bits_q == 4'd0);
  assign ready_o = idle;
  assign tx_o    = shift_q[0];

  always @(posedge clk_i) begin : transmit
    if (idle) begin
      count_q <= Bit - 16'd1;
      if (valid_i) begin
        shift_q <= {data_i, 1'b0};
        bits_q  <= 4'd10;
      end
    end else if (count_q == 16'd0) begin
      count_q <= Bit - 16'd1;
      shift_q <= {1'b1, shift_q[8:1]};
      bits_q  <= bits_q - 4'd1;
    end else begin
      count_q <= count_q - 16'd1;
    end
    if (!rst_ni) begin
      shift_q <= 9'h1ff;
      bits_q  <= 4'd0;
    end
  end
endmodule

`default_nettype wire
