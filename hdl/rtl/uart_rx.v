// Serial receiver, 8N1: a byte for each frame on the line.
//
// `rx_i` is the line, asynchronous. `valid_o` is high for one clock, in the middle of the stop bit, with the byte in `data_o`;
// `error_o` instead, when the stop bit is low (wrong speed, break, noise). A start bit that is gone by its middle is noise and ignored.
// Divider is clocks a bit, at least 4; bits are sampled in their middle, so a sender may be off by 4 percent.

`default_nettype none

module uart_rx #(
  parameter [31:0] Divider = 217
) (
  input  wire       clk_i,
  input  wire       rst_ni,
  input  wire       rx_i,
`ifdef FORMAL
  output wire [31:0] inside_o,  // for the proofs
`endif
  output reg        valid_o,
  output reg        error_o,
  output wire [7:0] data_o
);
  localparam [15:0] Bit = Divider[15:0];
  localparam [15:0] Half = Divider[16:1];

  localparam [1:0] Idle = 2'd0, Start = 2'd1, Data = 2'd2, Wait = 2'd3;

  reg        meta_q, line_q;
  reg [1:0]  state_q;
  reg [15:0] count_q;
  reg [3:0]  bits_q;
  reg [7:0]  shift_q;

`ifdef FORMAL
  assign inside_o = {meta_q, line_q, state_q, count_q, bits_q, shift_q};
`endif

  wire sample = (count_q == 16'd0);
  assign data_o = shift_q;

  always @(posedge clk_i) begin : receive
    meta_q  <= rx_i;
    line_q  <= meta_q;
    valid_o <= 1'b0;
    error_o <= 1'b0;
    count_q <= count_q - 16'd1;
    case (state_q)
      Idle: begin
        count_q <= Half - 16'd1;
        if (!line_q) state_q <= Start;
      end
      Start: begin
        bits_q <= 4'd0;
        if (sample) begin
          count_q <= Bit - 16'd1;
          state_q <= line_q ? Idle : Data;
        end
      end
      Data: if (sample) begin
        count_q <= Bit - 16'd1;
        bits_q  <= bits_q + 4'd1;
        if (bits_q == 4'd8) begin
          valid_o <= line_q;
          error_o <= !line_q;
          state_q <= line_q ? Idle : Wait;
        end else begin
          shift_q <= {line_q, shift_q[7:1]};
        end
      end
      default: if (line_q) state_q <= Idle;
    endcase
    if (!rst_ni) begin
      meta_q  <= 1'b1;
      line_q  <= 1'b1;
      state_q <= Idle;
      valid_o <= 1'b0;
      error_o <= 1'b0;
    end
  end
endmodule

`default_nettype wire
