// Arty A7-35T and A7-100T: 100 MHz oscillator, MMCM, the miner on the USB serial port, lights.
//
// Checked by lint only: bitstreams for Artix-7 need Vivado (arty_a7.tcl), which is not here; nothing of it was measured.
// Pins: arty_a7.xdc; source: litex-hub/litex-boards (hdl.md section 6). MMCM: Xilinx UG472; the VCO runs at 800 MHz.

`default_nettype none

module top #(
  parameter ClkMHz = 100,
  parameter Baud   = 115200,
  parameter Stages = 16,
  parameter Units  = 0,
  parameter Cores  = 1,
  parameter Icarus = 0
) (
  input  wire       clk_100mhz,
  input  wire       rx,
  output wire       tx,
  output wire [3:0] led
);
  wire feedback, clk_unbuffered, clk, locked;
  MMCME2_BASE #(
    .CLKIN1_PERIOD(10.0), .CLKFBOUT_MULT_F(8.0), .CLKOUT0_DIVIDE_F(800.0 / ClkMHz)
  ) u_mmcm (
    .CLKIN1(clk_100mhz), .CLKFBIN(feedback), .CLKFBOUT(feedback), .CLKOUT0(clk_unbuffered), .LOCKED(locked),
    .RST(1'b0), .PWRDWN(1'b0)
  );
  BUFG u_bufg (.I(clk_unbuffered), .O(clk));

  wire rst_n, busy, hit;
  power_on_reset u_reset (.clk_i(clk), .locked_i(locked), .rst_no(rst_n));
  miner #(
    .ClkHz(ClkMHz * 1000000), .Baud(Baud), .Stages(Stages), .Units(Units), .Cores(Cores), .LongMemory(Units > 0 ? 2 : 1), .Icarus(Icarus)
  ) u_miner (
    .clk_i(clk), .rst_ni(rst_n), .rx_i(rx), .tx_o(tx), .temperature_i(16'h8000), .busy_o(busy), .hit_o(hit)
  );

  reg [1:0] hits_q;
  always @(posedge clk) begin : lights
    if (hit) hits_q <= hits_q + 2'd1;
    if (!rst_n) hits_q <= 2'd0;
  end
  assign led = {hits_q, busy, locked};
endmodule

`default_nettype wire
