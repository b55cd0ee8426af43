// uart_rx with a sender whose clock is off by three percent: bytes arrive in order, each once, none bent, no error told; for all time.
//
// The receiver has 32 clocks a bit; the sender takes 31, 32 or 33, and begins bytes as soon as it likes.
module uart_off_top (
  input wire       clk_i, valid_i,
  input wire [7:0] data_i
);
  localparam Divider = 32;
  (* anyconst *) wire [9:0] length;
  wire        valid, error;
  wire [7:0]  data;
  wire [31:0] rx_inside;
  reg         past_q = 1'b0;
  always @(*) assume (length == 10'd31 || length == 10'd32 || length == 10'd33);

  localparam [9:0] Never = 10'd1023;
  reg [9:0] since_q = Never;  // clocks since the last start bit began
  reg [7:0] byte_q;
  wire [9:0] frame = {1'b1, byte_q, 1'b0};
  wire      ready = (since_q >= 10'd10 * length - 10'd1);
  integer b;
  reg level, level_1, level_2;
  always @(*) begin : levels
    level   = 1'b1;
    level_1 = 1'b1;
    level_2 = 1'b1;
    for (b = 0; b <= 9; b = b + 1) begin
      if (since_q >= b * length && since_q < (b + 1) * length) level = frame[b];
      if (since_q >= b * length + 1 && since_q < (b + 1) * length + 1) level_1 = frame[b];
      if (since_q >= b * length + 2 && since_q < (b + 1) * length + 2) level_2 = frame[b];
    end
  end

  uart_rx #(.Divider(Divider)) u_rx (
    .clk_i(clk_i), .rst_ni(past_q), .rx_i(level), .valid_o(valid), .error_o(error), .data_o(data), .inside_o(rx_inside)
  );

  always @(posedge clk_i) begin : sender
    past_q <= 1'b1;
    if (past_q && valid_i && ready) begin
      since_q <= 10'd0;
      byte_q  <= data_i;
    end else if (since_q != Never) begin
      since_q <= (since_q == Never - 10'd1) ? Never - 10'd1 : since_q + 10'd1;
    end
  end
  always @(*) begin : between
    if (past_q && since_q == 10'd0) assert (!valid);
  end
  `include "uart_rx_follows.vh"
endmodule
