// ECP5 PLL: a 25 MHz crystal to ClkMHz (25 times a whole number over 5, 50 to 250 MHz).
//
// The VCO runs at ClkMHz * Output, kept within 400 to 800 MHz; the feedback divider makes 25 MHz / 5 steps of it.
// Source: Lattice FPGA-TN-02200 (ECP5 sysCLOCK), checked with `ecppll`.

`default_nettype none

module ecp5_pll #(
  parameter ClkMHz = 125
) (
  input  wire clk_25mhz_i,
  output wire clk_o,
  output wire locked_o
);
  // 5 MHz at the phase detector; VCO = ClkMHz * Output
  localparam Output = (ClkMHz <= 60) ? 12 : (ClkMHz <= 75) ? 9 : (ClkMHz <= 100) ? 7 : (ClkMHz <= 130) ? 5 : (ClkMHz <= 190) ? 4 : 3;

  (* FREQUENCY_PIN_CLKI = "25" *)
  (* ICP_CURRENT = "12" *) (* LPF_RESISTOR = "8" *)
  EHXPLLL #(
    .PLLRST_ENA("DISABLED"),
    .INTFB_WAKE("DISABLED"),
    .STDBY_ENABLE("DISABLED"),
    .DPHASE_SOURCE("DISABLED"),
    .OUTDIVIDER_MUXA("DIVA"),
    .OUTDIVIDER_MUXB("DIVB"),
    .OUTDIVIDER_MUXC("DIVC"),
    .OUTDIVIDER_MUXD("DIVD"),
    .CLKI_DIV(5),
    .CLKOP_ENABLE("ENABLED"),
    .CLKOP_DIV(Output),
    .CLKOP_CPHASE(Output / 2),
    .CLKOP_FPHASE(0),
    .FEEDBK_PATH("CLKOP"),
    .CLKFB_DIV(ClkMHz / 5)
  ) u_pll (
    .RST(1'b0), .STDBY(1'b0), .CLKI(clk_25mhz_i), .CLKOP(clk_o), .CLKFB(clk_o), .CLKINTFB(),
    .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1),
    .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0), .LOCK(locked_o)
  );
endmodule

`default_nettype wire
