// The ECP5's sensor is started, read when it is ready and not before, and read again: ecp5_temperature.v with a sensor that takes its time.

`timescale 1ns / 1ps

// The vendor's cell as FPGA-TN-02210 describes it: a pulse starts it; bit 7 is high once bits 5 to 0 are a reading.
module DTR (
  input  wire STARTPULSE,
  output wire DTROUT7, DTROUT6, DTROUT5, DTROUT4, DTROUT3, DTROUT2, DTROUT1, DTROUT0
);
  reg       ready = 1'b0, mute = 1'b0;
  reg [5:0] code = 6'd0, next = 6'd25;
  assign {DTROUT7, DTROUT6, DTROUT5, DTROUT4, DTROUT3, DTROUT2, DTROUT1, DTROUT0} = {ready, 1'b0, code};
  always @(posedge STARTPULSE) begin
    ready = 1'b0;
    code  = 6'h3f;
    #3000 if (!mute) begin
      code  = next;
      ready = 1'b1;
    end
  end
endmodule

module temperature_tb;
  reg clk = 1'b0, rst_n = 1'b0;
  wire [15:0] code;
  ecp5_temperature #(.LogClocks(10)) u_temperature (.clk_i(clk), .rst_ni(rst_n), .code_o(code));
  always #5 clk = !clk;

  integer wrong = 0;
  task expect_code;
    input is_right;
    begin
      if (is_right !== 1'b1) begin
        wrong = wrong + 1;
        $display("temperature: %h", code);
      end
    end
  endtask

  initial begin
    repeat (4) @(negedge clk);
    rst_n = 1'b1;
    repeat (1000) begin
      @(negedge clk);
      expect_code(code[15]);
    end
    repeat (100) @(negedge clk);
    expect_code(code == 16'd25);
    u_temperature.u_sensor.next = 6'd40;
    repeat (1024) @(negedge clk);
    expect_code(code == 16'd40);
    // A sensor that does not answer leaves the reading as it was.
    u_temperature.u_sensor.mute = 1'b1;
    repeat (3000) @(negedge clk);
    expect_code(code == 16'd40);
    if (wrong == 0) $display("temperature: read when it is ready");
    $finish_and_return(wrong == 0 ? 0 : 1);
  end
endmodule
