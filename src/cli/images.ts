import type { Argv } from 'yargs'
import { type Chosen, type Command, defineCommand, type GlobalOptions } from './command.ts'
import type { BuildOptions, PruneOptions, PullOptions } from './image-commands.ts'

// The builder is loaded when it is wanted: no other command should wait for it.
const listCommand = defineCommand<GlobalOptions>({
  command: 'list',
  describe: 'List what the catalog offers, where each image comes from, and whether it is here',
  builder: (yargs) => yargs.example('$0 images list', 'which versions accounts may have'),
  handler: async (options, io) => (await import('./image-commands.ts')).listImages(options, io),
})

const buildCommand = defineCommand<BuildOptions>({
  command: 'build [recipes..]',
  describe: 'Build images that are missing: all, or those of the recipes named',
  builder: (yargs) =>
    yargs
      .positional('recipes', { type: 'string', array: true, default: [], describe: 'Only these' })
      .example('$0 images build', 'everything, ahead of time')
      .example('$0 images build php-8.4', 'one of them'),
  handler: async (options, io) => (await import('./image-commands.ts')).buildWanted(options, io),
})

const pullCommand = defineCommand<PullOptions>({
  command: 'pull <kind> <wanted>',
  describe: "Pull a version's image, unless it is here already",
  builder: (yargs) =>
    yargs
      .positional('kind', { type: 'string', demandOption: true, describe: 'As the catalog names it, such as php' })
      .positional('wanted', { type: 'string', demandOption: true, describe: 'Its version, such as 8.4' })
      .example('$0 images pull php 8.4', 'ahead of time, or to try the registry'),
  handler: async (options, io) => (await import('./image-commands.ts')).pullWanted(options, io),
})

const pruneCommand = defineCommand<PruneOptions>({
  command: 'prune',
  describe: 'Remove archives of images that the catalog does not name any more',
  builder: (yargs) =>
    yargs
      .option('dry-run', { type: 'boolean', default: false, describe: 'Only tell what would be removed' })
      .example('$0 images prune', 'after versions were taken out of the catalog'),
  handler: async (options, io) => (await import('./image-commands.ts')).pruneUnwanted(options, io),
})

const COMMANDS: readonly Command[] = [listCommand, buildCommand, pullCommand, pruneCommand]

/** A command of commands. */
export const imagesCommand: Command = {
  install: (yargs, choose: (chosen: Chosen) => void): Argv<GlobalOptions> =>
    yargs.command('images', 'List, build, pull or prune the images of services', (inner) => {
      for (const command of COMMANDS) command.install(inner, choose)
      return inner
        .demandCommand(1, 'images: list, build, pull or prune?')
        .example('$0 images list', 'which versions accounts may have')
    }),
}
