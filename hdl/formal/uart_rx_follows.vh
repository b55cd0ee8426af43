  // The receiver's state as it must be `since_q` clocks after a start bit began, when `byte_q` is on the line: what induction needs.
  // It sees the line two clocks late, notices the start bit in the third, and samples in the middle of each bit.
  localparam [9:0] FirstData = 3 + Divider / 2;                  // it waits for data from here on
  localparam [9:0] Done      = FirstData + 9 * Divider;          // the byte is handed over
  wire        rx_meta, rx_line;
  wire [1:0]  rx_state;
  wire [15:0] rx_count;
  wire [3:0]  rx_bits;
  wire [7:0]  rx_shift;
  assign {rx_meta, rx_line, rx_state, rx_count, rx_bits, rx_shift} = rx_inside;
  integer n;
  always @(*) begin : receiver
    assert (past_q || since_q == Never);
    if (past_q) begin
      assert (!error);
      assert (rx_meta == level_1);
      assert (rx_line == level_2);
      if (since_q < 10'd3) begin
        assert (rx_state == 2'd0);
      end else if (since_q < FirstData) begin
        assert (rx_state == 2'd1);
        assert (rx_count == FirstData - 10'd1 - since_q);
      end
      for (n = 0; n <= 8; n = n + 1) begin
        if (since_q >= FirstData + n * Divider && since_q < FirstData + (n + 1) * Divider) begin
          assert (rx_state == 2'd2);
          assert (rx_bits == n);
          assert (rx_count == FirstData + (n + 1) * Divider - 1 - since_q);
          assert ((rx_shift >> (8 - n)) == (byte_q & ~(8'hff << n)));
        end
      end
      if (since_q >= Done) begin
        assert (rx_state == 2'd0);
        assert (rx_shift == byte_q || since_q == Never);
      end
      // Each byte once, as it was, when it is due, and nothing else.
      if (since_q >= 10'd1) assert (valid == (since_q == Done));
      if (since_q == Done) assert (data == byte_q);
    end
  end
