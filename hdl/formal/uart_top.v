// uart_tx joined to uart_rx: bytes, sent back to back or not, arrive in order, each once, none bent, no error told; for all time.
//
// At four clocks a bit a byte arrives in the clock in which the next one's start bit begins, as the receiver sees it two clocks late.
module uart_top #(
  parameter Divider = 4
) (
  input wire       clk_i, valid_i,
  input wire [7:0] data_i
);
  wire        ready, level, valid, error;
  wire [7:0]  data;
  wire [31:0] rx_inside;
  wire [28:0] tx_inside;
  reg         past_q = 1'b0;

  uart_tx #(.Divider(Divider)) u_tx (
    .clk_i(clk_i), .rst_ni(past_q), .valid_i(valid_i && past_q), .data_i(data_i), .ready_o(ready), .tx_o(level),
    .inside_o(tx_inside)
  );
  uart_rx #(.Divider(Divider)) u_rx (
    .clk_i(clk_i), .rst_ni(past_q), .rx_i(level), .valid_o(valid), .error_o(error), .data_o(data), .inside_o(rx_inside)
  );

  // Clocks since the last byte's start bit began, that byte, and whether the one before it is due in the first of them.
  localparam [9:0] Never = 10'd1023, Last = 10 * Divider;
  reg [9:0] since_q = Never;
  reg [7:0] byte_q, before_q;
  reg       due_q;
  wire      sent = valid_i && ready && past_q;
  always @(posedge clk_i) begin : follow
    past_q <= 1'b1;
    if (sent) begin
      since_q  <= 10'd0;
      byte_q   <= data_i;
      before_q <= byte_q;
      due_q    <= (since_q + 10'd1 == Done);
    end else if (since_q != Never) begin
      since_q <= (since_q == Never - 10'd1) ? Never - 10'd1 : since_q + 10'd1;
    end
  end

  // The line: start bit, data, ones; and what it was one and two clocks ago.
  wire [9:0] frame = {1'b1, byte_q, 1'b0};
  reg        level_1, level_2;
  integer b;
  always @(*) begin : past_levels
    level_1 = 1'b1;
    level_2 = 1'b1;
    for (b = 0; b <= 9; b = b + 1) begin
      if (since_q >= b * Divider + 1 && since_q < (b + 1) * Divider + 1) level_1 = frame[b];
      if (since_q >= b * Divider + 2 && since_q < (b + 1) * Divider + 2) level_2 = frame[b];
    end
  end
  `include "uart_rx_follows.vh"

  // The sender's state, the same way.
  wire [8:0]  tx_shift;
  wire [3:0]  tx_bits;
  wire [15:0] tx_count;
  assign {tx_shift, tx_bits, tx_count} = tx_inside;
  integer s;
  always @(*) begin : sender
    if (past_q) begin
      for (s = 0; s <= 9; s = s + 1) begin
        if (since_q >= s * Divider && since_q < (s + 1) * Divider) begin
          assert (tx_bits == 10 - s);
          assert (tx_count == (s + 1) * Divider - 1 - since_q);
          assert (tx_shift == (({9'h1ff, byte_q, 1'b0} >> s) & 18'h1ff));
        end
      end
      if (since_q >= Last) assert (tx_bits == 4'd0 && tx_shift == 9'h1ff);
      assert (ready == (since_q >= Last));
      if (since_q == 10'd0) begin
        assert (valid == due_q);
        if (due_q) assert (data == before_q);
      end
    end
  end
endmodule
