import type { Chance } from "./chance.ts";

/** Shell commands for one random edit of a file or folder; times never look young afterwards. */
export function randomEdit(chance: Chance): string {
  const pick = (limit: number) => chance.below(limit);
  const folder = `d${pick(8)}`;
  const file = `${folder}/f${pick(40)}`;
  const other = `d${pick(8)}/g${pick(40)}`;
  const bytes = chance.below(4) === 0 ? pick(300_000) : pick(3_000);
  const edits = [
    `mkdir -p ${folder}; head -c ${bytes} /dev/urandom > ${file}`,
    `mkdir -p ${folder}; head -c ${bytes} /dev/urandom > ${file}`,
    `rm -rf ${file}`,
    `rm -rf ${folder}`,
    `[ -e ${file} ] && mkdir -p d${pick(8)} && mv -T ${file} ${other}`,
    `[ -d ${folder} ] && [ ! -e e${pick(8)} ] && mv -T ${folder} e${pick(8)}`,
    `[ -f ${file} ] && truncate -s +${pick(5000)} ${file}`,
    `[ -f ${file} ] && truncate -s ${pick(2000)} ${file}`,
    `[ -f ${file} ] && mkdir -p e${pick(8)} && ln -f ${file} e${pick(8)}/h${pick(20)}`,
    `[ -e ${file} ] && chmod ${["600", "644", "4755", "000"][pick(4)]} ${file}`,
    `[ -e ${file} ] && chown ${pick(3)}:${pick(3)} ${file}`,
    `[ -e ${file} ] && setfacl -m u:${1000 + pick(3)}:r ${file}`,
    `[ -f ${file} ] && setfattr -n user.k${pick(2)} -v v${pick(3)} ${file}`,
    `[ -e ${file} ] && touch -d @${1_400_000_000 + pick(1000)}.${pick(1e9)} ${file}`,
    `mkdir -p ${folder}; ln -sfn ../x${pick(9)} ${folder}/s${pick(9)}`,
    `mkdir -p ${folder}; rm -rf ${folder}/p; mkfifo ${folder}/p`,
    `rm -rf ${file}; mkdir -p ${file}; echo ${pick(99)} > ${file}/inner`,
  ];
  return `(${edits[pick(edits.length)]}) || true`;
}
