// ECP5 die temperature: the sensor's six-bit code, read some twenty times a second.
//
// `code_o` is the code (the host knows the table, src/board/core/temperature.rs), with bit 15 set until there is a first reading. The
// sensor is started by a pulse and answers some microseconds later with bit 7 of its output high. Source: Lattice FPGA-TN-02210 (ECP5
// power), section on DTR.

`default_nettype none

module ecp5_temperature #(
  parameter LogClocks = 23  // from one reading to the next; more than 8
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  output wire [15:0] code_o
);
  reg [LogClocks-1:0] count_q;
  reg        start_q, seen_q;
  reg [5:0]  code_q;
  wire [7:0] out;

  DTR u_sensor (
    .STARTPULSE(start_q),
    .DTROUT0(out[0]), .DTROUT1(out[1]), .DTROUT2(out[2]), .DTROUT3(out[3]),
    .DTROUT4(out[4]), .DTROUT5(out[5]), .DTROUT6(out[6]), .DTROUT7(out[7])
  );

  assign code_o = {!seen_q, 9'h0, code_q};

  always @(posedge clk_i) begin : readings
    count_q <= count_q + 1'b1;
    // A pulse of 128 clocks, and the reading taken just before the next.
    start_q <= ~|count_q[LogClocks-1:7];
    if (&count_q && out[7]) begin
      code_q <= out[5:0];
      seen_q <= 1'b1;
    end
    if (!rst_ni) begin
      count_q <= {LogClocks{1'b0}};
      start_q <= 1'b0;
      seen_q  <= 1'b0;
    end
  end

  wire unused = &{1'b0, out[6]};
endmodule

`default_nettype wire
