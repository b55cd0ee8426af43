// uart_tx joined to uart_rx at four clocks a bit: bytes sent back to back arrive, each once, none bent, no error told.
module uart_top (
  input wire       clk_i, valid_i,
  input wire [7:0] data_i
);
  wire       ready, line, valid, error;
  wire [7:0] data;
  reg        past_q = 1'b0;
  reg        waiting_q = 1'b0;
  reg [7:0]  sent_q;

  uart_tx #(.Divider(4)) u_tx (
    .clk_i(clk_i), .rst_ni(past_q), .valid_i(valid_i && past_q), .data_i(data_i), .ready_o(ready), .tx_o(line)
  );
  uart_rx #(.Divider(4)) u_rx (
    .clk_i(clk_i), .rst_ni(past_q), .rx_i(line), .valid_o(valid), .error_o(error), .data_o(data)
  );

  reg [6:0] age_q = 7'd0;
  always @(posedge clk_i) begin
    past_q <= 1'b1;
    if (past_q) begin
      assert (!error);
      if (valid) begin
        assert (waiting_q);
        assert (data == sent_q);
        waiting_q <= 1'b0;
      end
      if (waiting_q) age_q <= age_q + 7'd1;
      if (valid_i && ready) begin
        // The byte before has arrived when the next one goes: in the middle of its stop bit.
        assert (!waiting_q || valid);
        waiting_q <= 1'b1;
        sent_q    <= data_i;
        age_q     <= 7'd0;
      end
      if (waiting_q) assert (age_q <= 7'd42);
    end
  end
endmodule
