// frame_tx joined to frame_rx: frames of one to three bytes, whatever they are, arrive whole, in order and good, and nothing else does.
//
// Bytes pass as a UART passes them, at least nine clocks apart.
module frames_top (
  input wire       clk_i, valid_i, last_i,
  input wire [7:0] data_i
);
  wire       ready, out_valid, end_, good, byte_valid;
  wire [7:0] out_data, byte_, index, length;
  reg        past_q = 1'b0;
  reg [3:0]  gap_q = 4'd0;
  wire       pass = out_valid && gap_q == 4'd0;

  frame_tx u_tx (
    .clk_i(clk_i), .rst_ni(past_q), .valid_i(valid_i && past_q), .data_i(data_i), .last_i(last_i), .ready_o(ready),
    .out_valid_o(out_valid), .out_data_o(out_data), .out_ready_i(gap_q == 4'd0)
  );
  frame_rx u_rx (
    .clk_i(clk_i), .rst_ni(past_q), .valid_i(pass && past_q), .error_i(1'b0), .data_i(out_data),
    .byte_valid_o(byte_valid), .byte_o(byte_), .index_o(index), .end_o(end_), .good_o(good), .length_o(length)
  );

  reg [7:0]  count_q = 8'd0;
  reg [23:0] sent_q;
  always @(posedge clk_i) begin
    past_q <= 1'b1;
    gap_q  <= pass ? 4'd8 : (gap_q == 4'd0) ? 4'd0 : gap_q - 4'd1;
    // The sender holds its byte until it is taken, and frames are short.
    if (past_q && $past(past_q) && $past(valid_i) && !$past(ready)) begin
      assume (valid_i && data_i == $past(data_i) && last_i == $past(last_i));
    end
    if (count_q == 8'd2) assume (last_i);
    if (past_q) begin
      if (valid_i && ready) begin
        sent_q  <= {sent_q[15:0], data_i};
        count_q <= count_q + 8'd1;
      end
      if (end_) begin
        assert (good);
        assert (length == count_q);
        count_q <= 8'd0;
      end
      if (byte_valid && index < 8'd1 && count_q == 8'd0) assert (byte_ == data_i);
    end
  end
endmodule
