//! The identities themselves: what boards of SHA-256 say about themselves on USB.
//!
//! Facts from the drivers of `ckolivas/cgminer usbutils.c`, `kanoi/cgminer usbutils.c`, `luke-jr/bfgminer driver-*.c`,
//! `wareck/cgminer-hexminer usbutils.c`, `256foundation/mujina`, `bitaxeorg/bitaxe-raw`, as collected in `usb-ids.json`.

use super::{Known, any, usb};

/// Every identity that we know, driven by this version or not. Order means nothing: the longest matching text wins.
pub static KNOWN: &[Known] = &[
    usb(0x067b, 0x2303)
        .family("Icarus (two Spartan-6 LX150)", "icarus")
        .driven_by(&["icarus"]),
    usb(0x0403, 0x6001)
        .family("Lancelot (stock FT232R strings)", "icarus")
        .product(&["FT232R USB UART"])
        .stock_strings()
        .driven_by(&["lancelot"]),
    usb(0x0403, 0x6001)
        .family("Lancelot", "icarus")
        .driven_by(&["lancelot"]),
    usb(0x0403, 0x6014)
        .family("Enterpoint Cairnsmore1, one port", "icarus-cairnsmore")
        .product(&["Cairnsmore1"])
        .driven_by(&["cairnsmore1"]),
    usb(0x0403, 0x8350)
        .family("Enterpoint Cairnsmore1, four ports", "icarus-cairnsmore")
        .product(&["Cairnsmore1"])
        .driven_by(&["cairnsmore1"]),
    usb(0x067b, 0x0230)
        .family(
            "Enterpoint Cairnsmore1, id from a udev rule only",
            "icarus-cairnsmore",
        )
        .driven_by(&["cairnsmore1"]),
    usb(0x10c4, 0xea60)
        .family("ASICMINER Block Erupter USB, Emerald, Sapphire", "icarus")
        .product(&["Block", "Erupter"])
        .or_unprogrammed()
        .driven_by(&["block-erupter"]),
    usb(0x10c4, 0xea60)
        .family("Bitmain Antminer U1, U2, U2+", "icarus-antminer")
        .product(&["Antminer"])
        .or_unprogrammed()
        .driven_by(&["antminer-u1", "antminer-u2"]),
    usb(0x10c4, 0xea60)
        .family("Bitmain Antminer U3", "icarus-antminer")
        .driven_by(&["antminer-u3"]),
    usb(0x10c4, 0xea60)
        .family("Rockminer R-BOX, R3-BOX", "rockminer")
        .product(&["R-BOX miner"]),
    usb(0x10c4, 0xea60)
        .family("Rockminer RX-BOX, T1", "rockminer")
        .product(&["RX-BOX miner"]),
    usb(0x10c4, 0xea60).family(
        "ASICMINER Block Erupter Blade, Prisma (BET)",
        "blockerupter-bet",
    ),
    usb(0x1fc9, 0x0083)
        .family("Canaan Avalon Nano 1.0", "icarus")
        .driven_by(&["avalon-nano"]),
    usb(0x0403, 0x6010)
        .family("DualMiner (GC3355)", "dualminer")
        .product(&["Dual RS232-HS"])
        .stock_strings(),
    usb(0x0483, 0x5740)
        .family("GridSeed Orb (five GC3355)", "gridseed")
        .made_by("STMicroelectronics")
        .product(&["STM32 Virtual COM Port"])
        .stock_strings(),
    usb(0x10c4, 0xea60)
        .family("GekkoScience Compac (BM1384)", "bm13xx")
        .made_by("GekkoScience")
        .product(&["Compac BM1384 Bitcoin Miner"])
        .driven_by(&["gekko-compac"]),
    usb(0x10c4, 0xea60)
        .family("GekkoScience Compac (BM1384), bitshopper's", "bm13xx")
        .made_by("bitshopperde")
        .product(&["Compac BM1384 Bitcoin Miner"])
        .driven_by(&["gekko-compac"]),
    usb(0x10c4, 0xea60)
        .family("GekkoScience 2Pac (BM1384)", "bm13xx")
        .made_by("GekkoScience")
        .product(&["2Pac BM1384 Bitcoin Miner"])
        .driven_by(&["gekko-2pac"]),
    usb(0x10c4, 0xea60)
        .family("GekkoScience 2Pac (BM1384), bitshopper's", "bm13xx")
        .made_by("bitshopperde")
        .product(&["2Pac BM1384 Bitcoin Miner"])
        .driven_by(&["gekko-2pac"]),
    usb(0x10c4, 0xea60)
        .family("GekkoScience Terminus (BM1384)", "bm13xx")
        .made_by("GekkoScience")
        .product(&["Terminus BM1384 Bitcoin Miner"])
        .driven_by(&["gekko-terminus"]),
    usb(0x10c4, 0xea60)
        .family("GekkoScience Terminus (BM1384), bitshopper's", "bm13xx")
        .made_by("bitshopperde")
        .product(&["Terminus BM1384 Bitcoin Miner"])
        .driven_by(&["gekko-terminus"]),
    usb(0x0403, 0x6015)
        .family("GekkoScience NewPac (BM1387)", "bm13xx")
        .made_by("GekkoScience")
        .product(&["NewPac Bitcoin Miner"])
        .driven_by(&["gekko-newpac"]),
    usb(0x0403, 0x6015)
        .family("GekkoScience R606 (BM1387)", "bm13xx")
        .made_by("GekkoScience")
        .product(&["R606 Bitcoin Miner"])
        .driven_by(&["gekko-r606"]),
    usb(0x0403, 0x6015)
        .family("GekkoScience Compac F (BM1397)", "bm13xx")
        .made_by("GekkoScience")
        .product(&["CompacF Bitcoin Miner"])
        .driven_by(&["gekko-compacf"]),
    usb(0x0403, 0x6015)
        .family("GekkoScience R909 (BM1397)", "bm13xx")
        .made_by("GekkoScience")
        .product(&["R909 Bitcoin Miner"])
        .driven_by(&["gekko-r909"]),
    usb(0x10c4, 0xea70)
        .family("GekkoScience Compac A1", "bm13xx")
        .made_by("Silicon Labs")
        .product(&["GekkoScience Compac A1"])
        .driven_by(&["gekko-compac-a1"]),
    usb(0x10c4, 0xea70)
        .family("GekkoScience Terminus A1", "bm13xx")
        .made_by("Silicon Labs")
        .product(&["GekkoScience Terminus A1"])
        .driven_by(&["gekko-terminus-a1"]),
    usb(0x10c4, 0xea70)
        .family("GekkoScience Compac A2", "bm13xx")
        .made_by("Silicon Labs")
        .product(&["GekkoScience Compac A2"])
        .driven_by(&["gekko-compac-a2"]),
    usb(0x10c4, 0xea70)
        .family("GekkoScience Terminus A2", "bm13xx")
        .made_by("Silicon Labs")
        .product(&["GekkoScience Terminus A2"])
        .driven_by(&["gekko-terminus-a2"]),
    usb(0x04d8, 0x00de)
        .family("GekkoScience GSK (MCP2210)", "bm13xx")
        .made_by("Microchip Technology Inc.")
        .product(&["MCP2210 USB to SPI Master"])
        .stock_strings(),
    usb(0x10c4, 0xea60)
        .family("flow bzm2", "other")
        .made_by("flow")
        .product(&["bzm2"]),
    usb(0xc0de, 0xcafe)
        .family("Bitaxe with USB firmware", "bm13xx-usb")
        .made_by("OSMU")
        .product(&["Bitaxe"])
        .driven_by(&["bitaxe"]),
    usb(0x1209, 0x6102)
        .family("Bitaxe Gamma RHAP-D", "bm13xx-usb")
        .product(&["Bitaxe Gamma RHAP-D"])
        .driven_by(&["bitaxe-gamma-rhapd"]),
    usb(0xc0de, 0xcafe)
        .family("Bitaxe Bonanza with USB firmware", "bm13xx-usb")
        .made_by("OSMU")
        .product(&["BitaxeBonanza"]),
    usb(0xc0de, 0xb17d)
        .family("Bitaxe Bonanza with USB firmware (RP2040)", "bm13xx-usb")
        .made_by("OSMU")
        .product(&["BitaxeBonanza"]),
    usb(0xc0de, 0xcafe)
        .family("256 Foundation USB-serial firmware", "bm13xx-usb")
        .made_by("OSMU")
        .product(&["bitcrane3"]),
    usb(0x1209, 0x256f)
        .family("256 Foundation EmberOne 00", "bm13xx-usb")
        .made_by("256F")
        .product(&["EmberOne00"])
        .driven_by(&["emberone00"]),
    usb(0x0403, 0x6014)
        .family("BitForce FPGA Single", "bitforce")
        .made_by("Butterfly Labs Inc.")
        .product(&["BitFORCE SHA256"]),
    usb(0x0403, 0x6014)
        .family("BitForce SC 65 nm, early units", "bitforce-sc")
        .made_by("FTDI")
        .product(&["BitFORCE SHA256 SC"]),
    usb(0x0403, 0x6014)
        .family("BitForce SC 65 nm", "bitforce-sc")
        .made_by("Butterfly Labs")
        .product(&["BitFORCE SHA256 SC"]),
    usb(0x0403, 0x6014)
        .family("BitForce SC 28 nm", "bitforce-sc")
        .made_by("BUTTERFLY LABS")
        .product(&["BitFORCE SHA256 SC"]),
    usb(0x0403, 0x6014)
        .family("BitForce SC 28 nm Monarch", "bitforce-sc")
        .made_by("BUTTERFLY LABS")
        .product(&["BitFORCE SC-28nm"]),
    usb(0x0403, 0x6014)
        .family("BitForce SC 28 nm Monarch, early string", "bitforce-sc")
        .made_by("BUTTERFLY LABS")
        .product(&["BitFORCE SHA256"]),
    usb(0x221a, 0x0100)
        .family("ZTEX module with BTCMiner firmware", "ztex")
        .product(&["btcminer for ZTEX FPGA Modules"]),
    usb(0x221a, 0x0100)
        .family("ZTEX module with its dummy firmware", "ztex")
        .product(&["USB-FPGA Module 1.15", "(default)"]),
    usb(0x1fc9, 0x0003)
        .family("BTCFPGA ModMiner Quad", "modminer")
        .product(&["ModMiner"]),
    usb(0x0403, 0x6001)
        .family("FPGAMining X6500", "x6500")
        .product(&["X6500 FPGA Miner"]),
    usb(0x0403, 0x6001)
        .family("BitBurner XX", "avalon1")
        .made_by("Burnin Electronics")
        .product(&["BitBurner"]),
    usb(0x0403, 0x6001)
        .family("BitBurner Fury", "avalon1")
        .made_by("Burnin Electronics")
        .product(&["BitBurner Fury"]),
    usb(0x0403, 0x6001).family("Avalon 1 controller", "avalon1"),
    usb(0x067b, 0x2303).family("Avalon 2, 3 controller", "avalon-mm"),
    usb(0x29f1, 0x33f2)
        .family("Avalon AUC (Avalon 4 to 9 modules)", "avalon-auc")
        .made_by("CANAAN")
        .product(&["USB2IIC Converter"]),
    usb(0x29f1, 0x33f3)
        .family("Avalon Nano 2, Avalon U3", "avalon-cn")
        .made_by("CANAAN")
        .product(&["Avalon nano"]),
    usb(0x29f1, 0x40f1)
        .family("Avalon4 mini", "avalon-cn")
        .made_by("CANAAN")
        .product(&["Avalon4 mini"]),
    usb(0x0403, 0x6001).family("Hashratio", "avalon-mm"),
    usb(0x03eb, 0x204b)
        .family("BF1, BlueFury, RedFury", "bf1")
        .made_by("BPMC")
        .product(&["Bitfury", "BF1"]),
    usb(0x198c, 0xb1f1)
        .family("Bi*Fury", "bxf")
        .made_by("c-scape")
        .product(&["bi•fury"]),
    usb(0x198c, 0xb1f1)
        .family("OneString", "bxf")
        .made_by("c-scape")
        .product(&["OneString"]),
    usb(0x04d8, 0x00de)
        .family("NanoFury and kin", "bitfury-mcp2210")
        .product(&["NanoFury"]),
    usb(0x0403, 0x6014).family("BFx2, BXM", "bitfury-mpsse"),
    usb(0x03eb, 0x2404)
        .family("Drillbit Thumb, Eight, Avalon", "drillbit")
        .made_by("Drillbit Systems"),
    any().family("Twinfury", "twinfury").product(&["Twinfury"]),
    any()
        .family("LittleFury", "littlefury")
        .product(&["LittleFury"]),
    usb(0xfa04, 0x0011)
        .family("HashBuster Micro, HID firmware", "hashbuster")
        .product(&["HashBuster"]),
    usb(0xfa04, 0x000d)
        .family("HashBuster Micro, bulk firmware", "hashbuster")
        .product(&["HashBuster"]),
    usb(0xfa05, 0x0001)
        .family("HashBuster Nano, Avalon", "klondike")
        .made_by("HashBuster"),
    usb(0x04d8, 0xf60a)
        .family("Klondike K1, K16, K64", "klondike")
        .made_by("Klondike"),
    usb(0x297c, 0x0001)
        .family("HashFast Baby Jet, Sierra, EVO", "hashfast")
        .made_by("HashFast LLC")
        .product(&["M1 Module"]),
    usb(0x297c, 0x0001)
        .family("HashFast Baby Jet, Sierra, EVO", "hashfast")
        .product(&["GoldenNonce"]),
    usb(0x297c, 0x8001).family("HashFast boot loader, firmware update only", "hashfast"),
    usb(0x1cbe, 0x0003)
        .family("CoinTerra GoldStrike, TerraMiner", "cointerra")
        .product(&["GoldStrike"]),
    usb(0x4254, 0x4153).family("Bitmain S1, S2, S3 control board", "bitmain"),
    usb(0x04d8, 0x000a)
        .family("Technobit HEX16A (A3256)", "hexminer")
        .product(&["HEX16A-Avalon1 ASIC Miner"]),
    usb(0x04d8, 0x000a)
        .family("Technobit HEX16C (A3255)", "hexminer")
        .product(&["HEX16C-Avalon2 ASIC Miner"]),
    usb(0x04d8, 0x000a)
        .family("Technobit HEX3A3 (A3233)", "hexminer")
        .product(&["HEX3A3-Avalon3 ASIC Miner"]),
    usb(0x04d8, 0x000a)
        .family("Technobit HEX8 (CoinCraft A1)", "hexminer")
        .product(&["HEX8A1-CoinCraft ASIC Miner"]),
    usb(0x04d8, 0x000a)
        .family("Technobit HEX16B (Bitfury)", "hexminer")
        .product(&["HEX16B-Bitfury ASIC Miner"]),
    usb(0x04d8, 0x000b)
        .family("Technobit HEX16B (Bitfury), other id", "hexminer")
        .product(&["HEX16B-Bitfury ASIC Miner"]),
    usb(0x04d8, 0x0010).family("Technobit HEXM", "hexminer"),
    usb(0x04d8, 0x0013)
        .family("Technobit HEX BE200", "hexminer")
        .product(&["HEX8A1-CoinCraft ASIC Miner"]),
    usb(0x04d8, 0x0014).family("Technobit HEXR", "hexminer"),
];
