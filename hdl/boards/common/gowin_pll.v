// Gowin PLL: a 27 MHz oscillator to ClkHz (27 to 150 MHz, in steps of 3 MHz).
//
// 3 MHz at the phase detector; the VCO, the output times ODIV, between 400 and 1200 MHz. Device: the part as the maker's tool calls it.
// Source: Gowin UG286, checked with apycula's `gowin_pll`.

`default_nettype none

module gowin_pll #(
  parameter ClkHz  = 54000000,
  parameter Device = "GW1NR-9C"
) (
  input  wire clk_27mhz_i,
  output wire clk_o,
  output wire locked_o
);
  rPLL #(
    .FCLKIN("27"), .DEVICE(Device), .IDIV_SEL(8), .FBDIV_SEL(ClkHz / 3000000 - 1), .ODIV_SEL(ClkHz < 60000000 ? 16 : 8)
  ) u_pll (
    .CLKIN(clk_27mhz_i), .CLKOUT(clk_o), .LOCK(locked_o), .CLKFB(1'b0), .RESET(1'b0), .RESET_P(1'b0),
    .FBDSEL(6'b0), .IDSEL(6'b0), .ODSEL(6'b0), .PSDA(4'b0), .DUTYDA(4'b0), .FDLY(4'b0),
    .CLKOUTP(), .CLKOUTD(), .CLKOUTD3()
  );
endmodule

`default_nettype wire
