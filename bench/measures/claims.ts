// The measure `claims`: decodes the claims of a token.
import { readFileSync } from "node:fs";
import { decodeJwt } from "jose";
import { jwtDecode } from "jwt-decode";
import { decodeClaims } from "pay4power-auth";
import { costs } from "./in-process.ts";
import type { MeasureRound } from "./measure-round.ts";

const contract = new URL("../../tests/contract/response.json", import.meta.url);
const { data } = JSON.parse(readFileSync(contract, "utf8")) as { data: { token: string } };
const { token } = data;

export const measureRound: MeasureRound = async (round) => ({
  ...(await costs(
    {
      "pay4power-auth": () => decodeClaims(token),
      jose: () => decodeJwt(token),
      "jwt-decode": () => jwtDecode(token),
    },
    round,
  )),
});
