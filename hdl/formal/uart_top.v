// uart_tx joined to uart_rx at four clocks a bit: bytes, sent back to back or not, arrive in order, each once, none bent, no error told.
//
// A byte arrives in the middle of its stop bit, as the receiver sees it two clocks late: the next one may be on its way by then.
module uart_top (
  input wire       clk_i, valid_i,
  input wire [7:0] data_i
);
  wire       ready, line, valid, error;
  wire [7:0] data;
  reg        past_q = 1'b0;
  reg        newest_q = 1'b0;
  reg        older_q = 1'b0;
  reg [7:0]  newest_byte_q, older_byte_q;
  reg [6:0]  age_q = 7'd0;

  uart_tx #(.Divider(4)) u_tx (
    .clk_i(clk_i), .rst_ni(past_q), .valid_i(valid_i && past_q), .data_i(data_i), .ready_o(ready), .tx_o(line)
  );
  uart_rx #(.Divider(4)) u_rx (
    .clk_i(clk_i), .rst_ni(past_q), .rx_i(line), .valid_o(valid), .error_o(error), .data_o(data)
  );

  wire sent = valid_i && ready && past_q;
  always @(posedge clk_i) begin
    past_q <= 1'b1;
    if (past_q) begin
      assert (!error);
      if (valid) assert (older_q || newest_q);
      if (valid && older_q) assert (data == older_byte_q);
      if (valid && !older_q) assert (data == newest_byte_q);
      if (newest_q) assert (age_q <= 7'd44);
      // Never three at once: what is older has arrived before yet another goes.
      if (sent) assert (!older_q);
      age_q <= age_q + 7'd1;
      older_q <= older_q && !valid;
      if (valid && !older_q) newest_q <= 1'b0;
      if (sent) begin
        older_q       <= newest_q && !valid;
        older_byte_q  <= newest_byte_q;
        newest_q      <= 1'b1;
        newest_byte_q <= data_i;
        age_q         <= 7'd0;
      end
    end
  end
endmodule
