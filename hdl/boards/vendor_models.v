// Ports of the vendors' cells that the board files use, for lint only: what they do is in the vendors' documents.

`default_nettype none
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNDRIVEN */
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */

module CCU2C #(
  parameter [15:0] INIT0 = 16'h0, INIT1 = 16'h0,
  parameter INJECT1_0 = "NO", INJECT1_1 = "NO"
) (
  input wire CIN, A0, B0, C0, D0, A1, B1, C1, D1,
  output wire S0, S1, COUT
);
endmodule

module SB_LUT4 #(parameter [15:0] LUT_INIT = 16'h0) (input wire I0, I1, I2, I3, output wire O);
endmodule

module SB_CARRY (input wire I0, I1, CI, output wire CO);
endmodule

module ALU #(parameter ALU_MODE = 0) (input wire I0, I1, I3, CIN, output wire SUM, COUT);
endmodule

module DTR (
  input wire STARTPULSE,
  output wire DTROUT7, DTROUT6, DTROUT5, DTROUT4, DTROUT3, DTROUT2, DTROUT1, DTROUT0
);
endmodule

module EHXPLLL #(
  parameter PLLRST_ENA = "", INTFB_WAKE = "", STDBY_ENABLE = "", DPHASE_SOURCE = "",
  parameter OUTDIVIDER_MUXA = "", OUTDIVIDER_MUXB = "", OUTDIVIDER_MUXC = "", OUTDIVIDER_MUXD = "",
  parameter CLKI_DIV = 1, CLKOP_ENABLE = "", CLKOP_DIV = 1, CLKOP_CPHASE = 0, CLKOP_FPHASE = 0,
  parameter FEEDBK_PATH = "", CLKFB_DIV = 1
) (
  input wire RST, STDBY, CLKI, CLKFB, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, PLLWAKESYNC, ENCLKOP,
  output wire CLKOP, CLKINTFB, LOCK
);
endmodule

module SB_PLL40_PAD #(
  parameter FEEDBACK_PATH = "", parameter [3:0] DIVR = 0, parameter [6:0] DIVF = 0, parameter [2:0] DIVQ = 0, FILTER_RANGE = 0
) (
  input wire PACKAGEPIN, BYPASS, RESETB,
  output wire PLLOUTGLOBAL, LOCK
);
endmodule

module SB_PLL40_CORE #(
  parameter FEEDBACK_PATH = "", parameter [3:0] DIVR = 0, parameter [6:0] DIVF = 0, parameter [2:0] DIVQ = 0, FILTER_RANGE = 0
) (
  input wire REFERENCECLK, BYPASS, RESETB,
  output wire PLLOUTGLOBAL, LOCK
);
endmodule

module rPLL #(
  parameter FCLKIN = "", DEVICE = "", IDIV_SEL = 0, FBDIV_SEL = 0, ODIV_SEL = 8
) (
  input wire CLKIN, CLKFB, RESET, RESET_P,
  input wire [5:0] FBDSEL, IDSEL, ODSEL,
  input wire [3:0] PSDA, DUTYDA, FDLY,
  output wire CLKOUT, LOCK, CLKOUTP, CLKOUTD, CLKOUTD3
);
endmodule

module MMCME2_BASE #(
  parameter real CLKIN1_PERIOD = 0, CLKFBOUT_MULT_F = 1, CLKOUT0_DIVIDE_F = 1
) (
  input wire CLKIN1, CLKFBIN, RST, PWRDWN,
  output wire CLKFBOUT, CLKOUT0, LOCKED
);
endmodule

module BUFG (input wire I, output wire O);
endmodule


`default_nettype wire
