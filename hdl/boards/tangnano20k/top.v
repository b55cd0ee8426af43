// Tang Nano 20K (GW2AR-LV18QN88C8/I7): 27 MHz oscillator, PLL, the miner on the USB bridge's second port, lights.
//
// Pins: tangnano20k.cst; source: litex-hub/litex-boards (hdl.md section 6).

`default_nettype none

module top #(
  parameter ClkHz  = 72000000,
  parameter Baud   = 115200,
  parameter Stages = 0,
  parameter Units  = 14,
  parameter Cores  = 1,
  parameter Icarus = 0
) (
  input  wire       clk_27mhz,
  input  wire       rx,
  output wire       tx,
  output wire [1:0] led
);
  wire clk, locked;
  gowin_pll #(.ClkHz(ClkHz), .Device("GW2AR-18C")) u_pll (.clk_27mhz_i(clk_27mhz), .clk_o(clk), .locked_o(locked));

  small_board #(
    .ClkHz(ClkHz), .Baud(Baud), .Stages(Stages), .Units(Units), .Cores(Cores), .LogHits(4), .Icarus(Icarus)
  ) u_board (
    .clk_i(clk), .locked_i(locked), .rx_i(rx), .tx_o(tx), .led_busy_no(led[0]), .led_hit_no(led[1])
  );
endmodule

`default_nettype wire
